// What a page does for whoever is on it: the state of the system, lists, signing out; and what the server says to browsers.
import { expectGuarded } from './support/complaints';
import {
  axeClean,
  createBalancer,
  createGroup,
  createTemplate,
  hydrated,
  prepare,
  shot,
  signIn,
  signInByForm,
  visit,
} from './support/pages';
import { freePort, type Server, startServer } from './support/server';
import { expect, test } from './support/test';

let server: Server;
let group: string;

test.beforeAll(async ({ browser }) => {
  server = await startServer();
  await prepare(browser, server, async (page) => {
    await createTemplate(page, server, 'web');
    await createBalancer(page, server, 'front', await freePort());
    group = await createGroup(page, server, { name: 'shop' });
  });
});
test.afterAll(async () => {
  await server.end();
});

test('the page System says how loop, store, driver and load balancers do, and is read again by itself', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/');
  await page.getByRole('link', { name: 'System' }).click();
  await expect(page).toHaveURL(/\/system$/);
  for (const part of ['Scaling loop', 'Store', 'Driver']) {
    await expect(page.locator('.system-part', { hasText: part }).locator('.badge')).toHaveText('Healthy');
  }
  await expect(page.locator('main table').filter({ hasText: 'front' })).toContainText('Running');
  const acted = page.locator('.numbers div', { hasText: 'Nothing to do' }).locator('dd');
  const count = async () => Number((await acted.innerText()).replaceAll(',', ''));
  const before = await count();
  await expect.poll(count, { timeout: 15_000 }).toBeGreaterThan(before);
});

test('the policy for scripts is strict and each answer has its own nonce', async ({ request }) => {
  const answers = await Promise.all([0, 1].map(async () => (await request.get(`${server.url}/signin`)).headers()));
  for (const headers of answers) expectGuarded(headers, '/signin');
  const [one, other] = answers.map((headers) => headers['content-security-policy']);
  expect(one).not.toBe(other);
});

test('a form from elsewhere is refused', async ({ request }) => {
  const answer = await request.post(`${server.url}/api/session/sign-in`, {
    headers: { origin: 'http://elsewhere.example', 'sec-fetch-site': 'cross-site' },
    form: { name: 'admin', password: 'x' },
  });
  expect(answer.status()).toBe(403);
});

test('signing out ends the session', async ({ page }) => {
  await signInByForm(page, server);
  await hydrated(page);
  await page.locator('form[action*="sign-out"] button').first().evaluate((button: HTMLButtonElement) => button.click());
  await expect(page).toHaveURL(/signin/);
  await page.goto(`${server.url}/groups`);
  await expect(page).toHaveURL(/signin/);
  await hydrated(page);
});

test('a chart is let go with its page', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, group);
  await expect(page.locator('.chart-plot canvas')).toBeVisible();
  // The element is kept beyond its page: the library says whether a chart lives in it.
  const plot = await page.locator('.chart-plot').elementHandle();
  const lives = () =>
    plot?.evaluate((place) => {
      const { echarts } = window as unknown as { echarts: { getInstanceByDom: (place: Element) => unknown } };
      return Boolean(echarts.getInstanceByDom(place));
    });
  expect(await lives()).toBe(true);
  await page.getByRole('link', { name: 'Templates', exact: true }).click();
  await expect(page).toHaveURL(/\/templates$/);
  await expect(page.locator('.chart-plot')).toHaveCount(0);
  await expect.poll(lives).toBe(false);
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
