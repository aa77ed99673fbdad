// Every page as people see it: wide and on a phone, light and dark, in both languages, clean by axe, no complaint of the
// browser, the security headers in force.
import { axeClean, createBalancer, createGroup, createTemplate, hydrated, prefer, prepare, shot, signIn, visit } from './support/pages';
import { freePort, type Server, startServer } from './support/server';
import { expect, test } from './support/test';
import type { Page } from '@playwright/test';

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

const LOOKS = [
  { lang: 'en', theme: 'light' },
  { lang: 'en', theme: 'dark' },
  { lang: 'zh', theme: 'light' },
  { lang: 'zh', theme: 'dark' },
] as const;
/** Windows, narrower and narrower: a page stays whole when one is drawn smaller. */
const WINDOWS = [
  { name: 'wide', width: 1440, height: 900 },
  { name: 'half', width: 1024, height: 900 },
  { name: 'tablet', width: 800, height: 900 },
  { name: 'narrow', width: 721, height: 900 },
  { name: 'phone', width: 360, height: 740 },
] as const;

async function whole(page: Page): Promise<void> {
  const wider = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(wider, { message: `${page.url()} is wider than the window` }).toBeLessThanOrEqual(0);
}

for (const { lang, theme } of LOOKS) {
  test(`every page is whole and accessible: ${theme}, ${lang}`, async ({ page }) => {
    await signIn(page, server);
    await prefer(page, server, lang, theme);
    for (const [name, path] of Object.entries(pages)) {
      await page.setViewportSize(WINDOWS[0]);
      await visit(page, server, path);
      await expect(page.locator('html')).toHaveAttribute('lang', new RegExp(`^${lang}`));
      for (const window of WINDOWS) {
        await page.setViewportSize(window);
        await whole(page);
        if (window.name !== 'wide' && window.name !== 'phone') continue;
        await axeClean(page);
        await shot(page, `${window.name}-${theme}-${lang}-${name}`);
      }
    }
  });
}

test('the page System says how loop, store, driver and load balancers do, and is read again by itself', async ({ page }) => {
  await signIn(page, server);
  await page.getByRole('link', { name: 'System' }).click();
  await expect(page).toHaveURL(/\/system$/);
  for (const part of ['Scaling loop', 'Store', 'Driver']) {
    await expect(page.locator('.system-part', { hasText: part }).locator('.badge')).toHaveText('Well');
  }
  await expect(page.locator('main table').filter({ hasText: 'front' })).toContainText('Running');
  const acted = page.locator('.numbers div', { hasText: 'Nothing to do' }).locator('dd');
  const before = Number(await acted.innerText());
  await expect.poll(async () => Number(await acted.innerText()), { timeout: 15_000 }).toBeGreaterThan(before);
});

test('the policy for scripts is strict and each answer has its own nonce', async ({ request }) => {
  const policies = await Promise.all([0, 1].map(async () => (await request.get(`${server.url}/signin`)).headers()));
  const policy = policies.map((headers) => headers['content-security-policy'] ?? '');
  expect(policy[0]).toContain("object-src 'none'");
  expect(policy[0]).not.toContain("'unsafe-eval'");
  expect(policy[0]).not.toBe(policy[1]);
});

test('a form from elsewhere is refused', async ({ request }) => {
  const answer = await request.post(`${server.url}/api/session/sign-in`, {
    headers: { origin: 'http://elsewhere.example', 'sec-fetch-site': 'cross-site' },
    form: { name: 'admin', password: 'x' },
  });
  expect(answer.status()).toBe(403);
});

test('signing out ends the session', async ({ page }) => {
  await signIn(page, server);
  await page.locator('form[action*="sign-out"] button').first().evaluate((button: HTMLButtonElement) => button.click());
  await expect(page).toHaveURL(/signin/);
  await page.goto(`${server.url}/groups`);
  await expect(page).toHaveURL(/signin/);
  await hydrated(page);
});

/** Two English words in a row, outside of names, ids, code and what a machine said. */
const ENGLISH = /[A-Za-z]{2,} +[a-z]{3,}/;
/** Not words: names of things, signals, keys of the keyboard, the sample image's own name. */
const NOT_ENGLISH = /HAProxy|apt install haproxy|VServer|SIGTERM|Ctrl K|KEY=value|key=value/g;

test('no English sentence stands on a Chinese page', async ({ page }) => {
  await signIn(page, server);
  await prefer(page, server, 'zh', 'light');
  for (const path of Object.values(pages)) {
    await visit(page, server, path);
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
    const english = said.filter((text) => ENGLISH.test(text.replace(NOT_ENGLISH, '')));
    expect(english, path).toEqual([]);
  }
});

test('a list is sorted and paged by its address, and its rows have their actions in one menu', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/groups');
  await expect(page.locator('.page-beside')).toHaveText('1 group');
  await page.getByRole('link', { name: 'Sort by Name / ID' }).click();
  await expect(page).toHaveURL(/sort=-name/);
  await expect(page.locator('th').first()).toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('link', { name: 'Sort by Desired' }).click();
  await expect(page).toHaveURL(/sort=desired/);
  await page.locator('#filter').fill('nobody is called that');
  await expect(page).toHaveURL(/filter=nobody.*sort=desired/);
  await expect(page.locator('main .empty')).toContainText('Nothing matches');
  await page.locator('#filter').fill('sho');
  await expect(page.locator('main table tbody tr')).toHaveCount(1);
  const more = page.getByRole('button', { name: 'Actions of shop' });
  await more.focus();
  await page.keyboard.press('Enter');
  const menu = page.getByRole('group', { name: 'Actions of shop' });
  await expect(menu.getByRole('link', { name: 'Edit' })).toBeVisible();
  await axeClean(page);
  await shot(page, 'row-menu');
  await menu.getByRole('button', { name: 'Disable' }).click();
  await expect(page.locator('main table tbody tr')).toContainText('Disabled');
  const icon = await page.locator('main table .badge svg path').boundingBox();
  expect(icon?.width, 'an icon that the browser drew').toBeGreaterThan(5);
  await more.click();
  await menu.getByRole('button', { name: 'Enable' }).click();
  await expect(page.locator('main table tbody tr')).not.toContainText('Disabled');
  await more.click();
  await menu.getByRole('link', { name: 'Delete' }).click();
  await expect(page.locator('.ask')).toContainText('Delete this group? shop');
  await page.locator('#delete-typed').fill('shopp');
  const red = page.locator('.ask button[type=submit]');
  await expect(red).toBeDisabled();
  await page.locator('#delete-typed').fill('shop ');
  await expect(red).toBeEnabled();
  await expect(page.locator('main table tbody tr')).toHaveCount(1);
});
