// Every page as people see it: wide and on a phone, light and dark, in both languages; clean by axe, without a complaint of
// the browser, with the headers of security, and with the library of charts where a chart is and nowhere else.
//
// `make test` looks for what may differ: colours in the dark, lengths and words in the other language. `make test-all`
// looks for everything in each of the four looks.
import type { Page } from '@playwright/test';
import {
  axeClean,
  createBalancer,
  createGroup,
  createTemplate,
  prefer,
  prepare,
  type Rules,
  shot,
  signIn,
  visit,
} from './support/pages';
import { freePort, type Server, startServer } from './support/server';
import { expect, test } from './support/test';

let server: Server;
let pages: Record<string, string>;

test.beforeAll(async ({ browser }) => {
  server = await startServer();
  await prepare(browser, server, async (page) => {
    pages = await everyPage(page);
  });
});
test.afterAll(async () => {
  await server.end();
});

/** One of each thing, and the addresses of all pages then. */
async function everyPage(page: Page): Promise<Record<string, string>> {
  const template = await createTemplate(page, server, 'web');
  const balancer = await createBalancer(page, server, 'front', await freePort());
  const group = await createGroup(page, server, { name: 'shop' });
  await page.goto(`${server.url}${group}`);
  const logs = await page.locator('main table a[href*="/logs"]').first().getAttribute('href');
  return {
    'sign-in': '/signin',
    overview: '/',
    search: '/search?q=s',
    groups: '/groups',
    'group-new': '/groups/new',
    group,
    'group-log': `${group}?tab=log`,
    'group-why': `${group}?tab=why`,
    'group-balancing': `${group}?tab=balancing`,
    'group-policy': `${group}?tab=policy`,
    'group-edit': `${group}/edit`,
    output: logs ?? '',
    system: '/system',
    templates: '/templates',
    'template-new': '/templates/new',
    template: `/templates/${template}`,
    balancers: '/balancers',
    'balancer-new': '/balancers/new',
    balancer,
  };
}

/** Pages with a chart: only these ask for its library. */
const WITH_CHART = ['group', 'group-log', 'group-why', 'group-balancing', 'group-policy'];

interface Look {
  lang: 'en' | 'zh';
  theme: 'light' | 'dark';
  rules: Rules | 'none';
}

const WHAT_DIFFERS: Look[] = [
  { lang: 'en', theme: 'light', rules: 'all' },
  { lang: 'en', theme: 'dark', rules: 'colours' },
  { lang: 'zh', theme: 'light', rules: 'none' },
];
const EVERYTHING: Look[] = [
  { lang: 'en', theme: 'light', rules: 'all' },
  { lang: 'en', theme: 'dark', rules: 'all' },
  { lang: 'zh', theme: 'light', rules: 'all' },
  { lang: 'zh', theme: 'dark', rules: 'all' },
];
const LOOKS = process.env.TIDEGATE_TEST_ALL ? EVERYTHING : WHAT_DIFFERS;

/** Windows, narrower and narrower: a page stays whole when one is drawn smaller. Those with a name are drawn and judged. */
const WINDOWS = [
  { name: 'wide', width: 1440, height: 900 },
  { name: '', width: 1024, height: 900 },
  { name: '', width: 800, height: 900 },
  { name: '', width: 721, height: 900 },
  { name: 'phone', width: 360, height: 740 },
] as const;

for (const look of LOOKS) {
  const { lang, theme } = look;
  test(`every page is whole, accessible and in its language: ${theme}, ${lang}`, async ({ page }) => {
    await signIn(page, server);
    await prefer(page, server, lang, theme);
    const charted = whoAsksForCharts(page);
    for (const [name, path] of Object.entries(pages)) {
      await page.setViewportSize(WINDOWS[0]);
      await visit(page, server, path);
      await expect(page.locator('html')).toHaveAttribute('lang', new RegExp(`^${lang}`));
      if (WITH_CHART.includes(name)) await expect(page.locator('.chart-plot canvas')).toBeVisible();
      if (lang === 'zh') expect(await english(page), path).toEqual([]);
      await lookAt(page, look, name);
    }
    expect([...charted]).toEqual(WITH_CHART.map((name) => pages[name]));
  });
}

/** The addresses of pages that ask for the library of charts, from now on. */
function whoAsksForCharts(page: Page): Set<string> {
  const asked = new Set<string>();
  page.on('request', (request) => {
    if (!request.url().includes('/vendor/echarts')) return;
    const { pathname, search } = new URL(request.frame().url());
    asked.add(pathname + search);
  });
  return asked;
}

/** The page in each window. What changes with the theme alone is not measured again. */
async function lookAt(page: Page, { lang, theme, rules }: Look, name: string): Promise<void> {
  for (const window of WINDOWS) {
    if (window.name === '' && rules === 'colours') continue;
    await page.setViewportSize(window);
    await whole(page);
    if (window.name === '') continue;
    if (rules !== 'none') await axeClean(page, rules);
    await shot(page, `${window.name}-${theme}-${lang}-${name}`);
  }
}

async function whole(page: Page): Promise<void> {
  const wider = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(wider, { message: `${page.url()} is wider than the window` }).toBeLessThanOrEqual(0);
}

/** Two English words in a row, outside of names, ids, code and what a machine said. */
const ENGLISH = /[A-Za-z]{2,} +[a-z]{3,}/;
/** Not words: names of things, signals, keys of the keyboard, the sample image's own name. */
const NOT_ENGLISH = /HAProxy|apt install haproxy|VServer|SIGTERM|Ctrl K|KEY=value|key=value/g;

/** English sentences on a page that should have none. */
async function english(page: Page): Promise<string[]> {
  const said = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: string[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const inside = node.parentElement;
      if (!inside?.closest('script, style, code, pre, [lang="en"], .id, .row-name')) texts.push(node.textContent ?? '');
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
      for (const name of ['aria-label', 'title', 'placeholder']) texts.push(element.getAttribute(name) ?? '');
    }
    return texts;
  });
  return said.filter((text) => ENGLISH.test(text.replace(NOT_ENGLISH, '')));
}
