// Every page as people see it: wide and on a phone, light and dark, in both languages, clean by axe, no complaint of the
// browser, the security headers in force.
import { expect, test } from '@playwright/test';
import { axeClean, createBalancer, createTemplate, fill, hydrated, shot, signIn, visit, watchErrors } from './support/pages';
import { freePort, type Server, startServer } from './support/server';

let server: Server;
let pages: Record<string, string>;

test.beforeAll(async ({ browser }) => {
  server = await startServer();
  const page = await browser.newPage();
  await signIn(page, server);
  const template = await createTemplate(page, server, 'web');
  const balancer = await createBalancer(page, server, 'front', await freePort());
  await visit(page, server, '/groups/new');
  await fill(page, { name: 'shop' });
  for (let step = 0; step < 3; step++) await page.getByRole('button', { name: 'Next' }).click();
  await page.locator('.step-nav button[type=submit]').click();
  await expect(page).toHaveURL(/\/groups\/asg-/);
  const group = new URL(page.url()).pathname;
  pages = {
    overview: '/',
    groups: '/groups',
    'group-new': '/groups/new',
    group,
    'group-log': `${group}?tab=log`,
    'group-why': `${group}?tab=why`,
    'group-balancing': `${group}?tab=balancing`,
    'group-policy': `${group}?tab=policy`,
    'group-edit': `${group}/edit`,
    templates: '/templates',
    'template-new': '/templates/new',
    template: `/templates/${template}`,
    balancers: '/balancers',
    balancer,
  };
  await page.close();
});
test.afterAll(async () => {
  await server.end();
});

const LOOKS = [
  { name: 'wide-light-en', width: 1280, height: 900, lang: 'en', theme: 'light' },
  { name: 'wide-dark-zh', width: 1280, height: 900, lang: 'zh', theme: 'dark' },
  { name: 'phone-light-zh', width: 360, height: 740, lang: 'zh', theme: 'light' },
  { name: 'phone-dark-en', width: 360, height: 740, lang: 'en', theme: 'dark' },
] as const;

for (const look of LOOKS) {
  test(`every page is whole and accessible: ${look.name}`, async ({ page, context }) => {
    const errors = watchErrors(page);
    await page.setViewportSize({ width: look.width, height: look.height });
    await signIn(page, server);
    const at = { url: server.url, sameSite: 'Lax' as const };
    await context.addCookies([
      { name: 'lang', value: look.lang, ...at },
      { name: 'theme', value: look.theme, ...at },
    ]);
    for (const [name, path] of Object.entries(pages)) {
      await visit(page, server, path);
      await expect(page.locator('html')).toHaveAttribute('lang', new RegExp(`^${look.lang}`));
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wider, `${path} is wider than the window`).toBeLessThanOrEqual(0);
      await axeClean(page);
      await shot(page, `${look.name}-${name}`);
    }
    expect(errors).toEqual([]);
  });
}

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
