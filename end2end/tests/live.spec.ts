// What a page does when the stream of changes is behind, lost, and back.
import { createGroup, createTemplate, prepare, shot, signIn, visit } from './support/pages';
import { type Server, startServer } from './support/server';
import { expect, test } from './support/test';

let server: Server;
let group: string;

test.beforeAll(async ({ browser }) => {
  server = await startServer();
  await prepare(browser, server, async (page) => {
    await createTemplate(page, server, 'web');
    group = await createGroup(page, server, { name: 'tide', max: '4', cpu: '' });
  });
});
test.afterAll(async () => {
  await server.end();
});

test('a reader that is too far behind is told, and reads everything it shows again', async ({ page }) => {
  await page.addInitScript(() => {
    const Real = window.EventSource;
    const opened: EventSource[] = [];
    Object.assign(window, { opened });
    window.EventSource = class extends Real {
      constructor(url: string | URL) {
        super(url);
        opened.push(this);
      }
    };
  });
  await signIn(page, server);
  // A list that no event of a running group touches.
  await visit(page, server, '/templates');
  await expect(page.locator('main table .row-name')).toHaveText('web');
  await page.waitForFunction(() => (window as unknown as { opened: EventSource[] }).opened[0]?.readyState === 1);
  // From now on the list is another one: only a page that asks again can show it.
  await page.route('**/api/templates/list', async (route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    await route.fulfill({ response: answer, body: text.replaceAll('"name":"web"', '"name":"flood"') });
  });
  const frame = page.waitForRequest('**/api/frame');
  await page.evaluate(() => {
    const stream = (window as unknown as { opened: EventSource[] }).opened[0];
    stream?.dispatchEvent(new MessageEvent('reset', { data: '{}' }));
  });
  await expect(page.locator('main table .row-name')).toHaveText('flood');
  await frame;
});

test('a lost stream is said quietly with its age, and when the server is back the values live again', async ({ page, context, complaints }) => {
  complaints.allow(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
  await signIn(page, server);
  await visit(page, server, group);
  const strip = page.locator('.stale');
  await expect(strip).toBeHidden();
  await server.crash();
  await expect(strip).toBeVisible();
  await expect(strip.getByRole('status')).toContainText('Live updates lost');
  await expect(strip).toContainText(/Last update \d+ s ago/);
  const age = await strip.innerText();
  await expect(strip).not.toHaveText(age);
  await shot(page, 'stream-lost');
  await server.restart();
  await expect(strip).toBeHidden({ timeout: 30_000 });
  // Somebody else changes the group: this page shows it by itself.
  const other = await context.newPage();
  await visit(other, server, group);
  await other.locator('#desired').fill('2');
  await other.locator('.inline-form button[type=submit]').click();
  await expect(page.locator('.gauge-legend div', { hasText: 'Desired' }).locator('dd')).toHaveText('2');
  await other.close();
});

test('numbers that change do not move the page', async ({ page }) => {
  await signIn(page, server);
  await page.addInitScript(() => {
    const moved: number[] = [];
    Object.assign(window, { moved });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) moved.push(entry.value);
    }).observe({ type: 'layout-shift', buffered: false });
  });
  await visit(page, server, group);
  await expect(page.locator('.chart-plot canvas')).toBeVisible();
  await page.evaluate(() => (window as unknown as { moved: number[] }).moved.splice(0));
  // Three cycles close meanwhile: each reads the page's numbers again.
  for (let cycle = 0; cycle < 3; cycle++) await page.waitForResponse('**/api/groups/page');
  const moved = await page.evaluate(() => (window as unknown as { moved: number[] }).moved.reduce((sum, one) => sum + one, 0));
  expect(moved).toBeLessThan(0.02);
});

test('a menu that is open stays open while the list under it is read again', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/groups');
  await page.getByRole('button', { name: 'Actions of tide' }).click();
  const menu = page.getByRole('group', { name: 'Actions of tide' });
  await expect(menu.getByRole('link', { name: 'Edit' })).toBeVisible();
  // Two cycles close meanwhile.
  for (let cycle = 0; cycle < 2; cycle++) await page.waitForResponse('**/api/groups/list');
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await expect(menu.getByRole('link', { name: 'Edit' })).toBeVisible();
});
