// The mistakes people make: a message at the field, the typing kept, nothing half-made.
import { expect, test } from '@playwright/test';
import { createBalancer, createTemplate, errorAt, fill, hydrated, shot, signIn, visit, watchErrors } from './support/pages';
import { freePort, type Server, startServer } from './support/server';

let server: Server;

test.beforeAll(async () => {
  server = await startServer();
});
test.afterAll(async () => {
  await server.end();
});

const NASTY = 'x</title><script>alert(1)</script>';

/** Field, what is typed, what the message says. */
const GROUP_MISTAKES: [string, string, RegExp][] = [
  ['name', '', /Fill this in/],
  ['name', 'x'.repeat(64), /At most 63/],
  ['name', NASTY, /not allowed/],
  ['min', 'two', /whole number/],
  ['min', '9', /below min|Max/],
  ['max', '-1', /number/],
  ['cpu', '0', /above 0|from 1/],
  ['cpu', 'hot', /whole number/],
  ['warm_up_s', '', /Fill this in/],
  ['warm_up_s', '999999', /from 0 to/],
];

test('every field of the group wizard says what is wrong with it and keeps the typing', async ({ page }) => {
  const errors = watchErrors(page);
  await signIn(page, server);
  await createTemplate(page, server, 'base');
  for (const [field, typed, message] of GROUP_MISTAKES) {
    await visit(page, server, '/groups/new');
    const input = page.locator(`#f-${field}`);
    for (let step = 0; step < 3 && !(await input.isVisible()); step++) {
      await page.getByRole('button', { name: 'Next' }).click();
    }
    await input.fill(typed);
    await input.blur();
    // Max below min is told at max, once that was left too.
    const other = field === 'min' && typed === '9' ? 'max' : field;
    await page.locator(`#f-${other}`).focus();
    await page.locator(`#f-${other}`).blur();
    await expect(errorAt(page, field).or(errorAt(page, other)).filter({ hasText: message }).first(), `${field}=${typed.slice(0, 12)}`).toBeVisible();
    await expect(input).toHaveValue(typed);
  }
  await visit(page, server, '/groups');
  await expect(page.locator('main table tbody tr')).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('a port that is taken is refused at its field, naming who has it, and the typing stays', async ({ page }) => {
  await signIn(page, server);
  const port = await freePort();
  await createBalancer(page, server, 'one', port);
  await fill(page, { name: 'again', port: String(port) });
  await page.locator('main section.form button[type=submit]').click();
  await expect(errorAt(page, 'port')).toContainText(String(port));
  await expect(page.locator('#f-name')).toHaveValue('again');
  await shot(page, 'port-taken');
});

test('without JavaScript a refused form comes back with its messages and what was typed', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/`);
  await page.locator('#name').fill('admin');
  await page.locator('#password').fill(server.password === '' ? 'x' : server.password);
  await page.locator('button[type=submit]').last().click();
  await expect(page).not.toHaveURL(/signin/);
  await page.goto(`${server.url}/groups/new`);
  await page.locator('#f-name').fill('plain');
  await page.locator('#f-min').fill('5');
  await page.locator('#f-max').fill('2');
  await page.locator('.step-nav button[type=submit]').click();
  await expect(errorAt(page, 'max').or(errorAt(page, 'min')).filter({ hasText: /\S/ }).first()).toContainText('2');
  await expect(page.locator('#f-name')).toHaveValue('plain');
  await expect(page.locator('#f-min')).toHaveValue('5');
  await context.close();
});

test('a wrong password is refused in words and the name stays', async ({ page }) => {
  await page.goto(`${server.url}/signin`);
  await page.locator('#name').fill('admin');
  await page.locator('#password').fill('nonsense');
  await page.locator('button[type=submit]').last().click();
  await expect(page.locator('main')).toContainText('Name or password is wrong');
  await expect(page.locator('#name')).toHaveValue('admin');
});

for (const path of ['/groups/asg-0000000000000', '/groups/nonsense', '/templates/tpl-0000000000000', '/no/such/page']) {
  test(`${path} is a page that says there is nothing here, with status 404`, async ({ page }) => {
    await signIn(page, server);
    const answer = await page.goto(server.url + path);
    expect(answer?.status()).toBe(404);
    await hydrated(page);
    await expect(page.locator('main')).toContainText(/nothing here/i);
  });
}
