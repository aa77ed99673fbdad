// The mistakes people make: a message at the field, the typing kept, nothing half-made.
import { createServer } from 'node:net';
import { type Page } from '@playwright/test';
import { createBalancer, createGroup, createTemplate, errorAt, fill, hydrated, nextStep, prefer, shot, signIn, visit, watch } from './support/pages';
import { freePort, type Server, startServer } from './support/server';
import { expect, test } from './support/test';

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
  await signIn(page, server);
  await createTemplate(page, server, 'base');
  for (const [field, typed, message] of GROUP_MISTAKES) {
    await visit(page, server, '/groups/new');
    const input = page.locator(`#f-${field}`);
    for (let step = 0; step < 3 && !(await input.isVisible()); step++) {
      await nextStep(page);
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
});

test('a port that is taken is refused at its field, naming who has it, and the typing stays', async ({ page, complaints }) => {
  complaints.allow(/status of 422/);
  await signIn(page, server);
  const port = await freePort();
  await createBalancer(page, server, 'one', port);
  await fill(page, { name: 'again', port: String(port) });
  await page.locator('main section.form button[type=submit]').click();
  await expect(errorAt(page, 'port')).toContainText(String(port));
  await expect(page.locator('#f-name')).toHaveValue('again');
  await shot(page, 'port-taken');
  // A program that is none of ours has a port too; which one, is nobody's business.
  const listener = createServer();
  const foreign = await freePort();
  await new Promise<void>((go) => listener.listen(foreign, '127.0.0.1', go));
  await prefer(page, server, 'zh', 'light');
  await page.reload();
  await hydrated(page);
  await fill(page, { name: 'again', port: String(foreign) });
  await page.locator('main section.form button[type=submit]').click();
  await expect(errorAt(page, 'port')).toHaveText(`端口 ${foreign} 已被其他程序占用，请换一个。`);
  await expect(page.locator('.vserver')).toHaveCount(1);
  listener.close();
});

/** Leaves a field with this in it, and looks at the message. */
async function mistake(page: Page, [field, typed, message]: [string, string, RegExp]): Promise<void> {
  const input = page.locator(`#f-${field}`);
  await input.fill(typed);
  await input.blur();
  await expect(errorAt(page, field), `${field}=${typed.slice(0, 12)}`).toHaveText(message);
  await expect(input).toHaveValue(typed);
}

const TEMPLATE_MISTAKES: [string, string, RegExp][] = [
  ['name', '', /Fill this in/],
  ['name', 'x'.repeat(64), /At most 63/],
  ['name', NASTY, /not allowed/],
  ['remark', 'x'.repeat(256), /At most 255/],
  ['environment', 'A', /in this form/],
  ['environment', 'PORT=1', /taken/],
  ['user_data', 'x'.repeat(16_385), /At most 16 KiB/],
];

test('every field of the template wizard says what is wrong with it, and nothing is made', async ({ page, complaints }) => {
  complaints.allow(/status of 422/);
  await signIn(page, server);
  await visit(page, server, '/templates');
  const before = await page.locator('main table tbody tr').count();
  for (const each of TEMPLATE_MISTAKES) {
    await visit(page, server, '/templates/new');
    await mistake(page, each);
    await page.locator('main form button[type=submit]').click();
    await expect(errorAt(page, each[0])).toHaveText(each[2]);
    await expect(page).toHaveURL(/\/templates\/new/);
  }
  await visit(page, server, '/templates');
  await expect(page.locator('main table tbody tr')).toHaveCount(before);
});

test('an image that does not exist is refused at its field and the typing stays', async ({ page, complaints }) => {
  complaints.allow(/status of 422/);
  await signIn(page, server);
  await visit(page, server, '/templates/new');
  await fill(page, { name: 'ghostly', remark: 'kept' });
  await page.locator('#f-image').evaluate((select: HTMLSelectElement) => {
    select.add(new Option('ghost', 'ghost'));
    select.value = 'ghost';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await page.locator('main form button[type=submit]').click();
  await expect(errorAt(page, 'image')).toHaveText('There is no image named ghost.');
  await expect(page.locator('#f-name')).toHaveValue('ghostly');
  await expect(page.locator('#f-remark')).toHaveValue('kept');
  await visit(page, server, '/templates?filter=ghostly');
  await expect(page.locator('main table')).toHaveCount(0);
});

const VSERVER_MISTAKES: [string, string, RegExp][] = [
  ['name', '', /Fill this in/],
  ['name', NASTY, /not allowed/],
  ['port', '', /Fill this in/],
  ['port', 'http', /whole number/],
  ['port', '80', /20000 to 29999/],
  ['check_path', 'healthz', /in this form/],
  ['check_interval_s', '0', /from 1 to 300/],
  ['check_interval_s', 'often', /whole number/],
];

test('every field of the load balancer forms says what is wrong with it, and nothing is made', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/balancers/new');
  await mistake(page, ['name', '', /Fill this in/]);
  await mistake(page, ['name', NASTY, /not allowed/]);
  await mistake(page, ['remark', 'x'.repeat(256), /At most 255/]);
  const path = await createBalancer(page, server, 'strict', await freePort());
  for (const each of VSERVER_MISTAKES) {
    await visit(page, server, path);
    await mistake(page, each);
  }
  await expect(page.locator('.vserver')).toHaveCount(1);
});

test('a program that exits at once: failed launches, then launching stops, in plain words, and nothing spins', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/templates/new');
  // No thread to work with: the sample program ends as soon as it starts.
  await fill(page, { name: 'brittle', instance_type: 't.quarter', environment: 'TOKIO_WORKER_THREADS=0' });
  await page.locator('main form button[type=submit]').click();
  await expect(page).toHaveURL(/\/templates\/tpl-/);
  const template = page.url().split('/').pop() ?? '';
  const group = await createGroup(page, server, { template, name: 'brittle', min: '1', max: '2', cpu: '' });
  await visit(page, server, `${group}?tab=log`);
  const log = page.locator('table.log tbody tr');
  const sentence = page.locator('.sentence');
  await expect(sentence).toContainText('launches in a row failed: launching stopped', { timeout: 90_000 });
  await expect(log.filter({ hasText: 'its program ended during warm-up with code 101' }).first()).toBeVisible();
  await expect(page.locator('.page-beside')).toContainText('Needs a person');
  await expect(page.getByRole('button', { name: 'Launch again now' })).toBeVisible();
  await shot(page, 'breaker');
  // Nothing spins: no launch begins while launching is stopped, however many cycles close.
  const failed = await log.filter({ hasText: 'Failed' }).count();
  expect(failed).toBeGreaterThanOrEqual(5);
  for (let cycle = 0; cycle < 4; cycle++) await page.waitForResponse('**/api/groups/activities');
  expect(await log.filter({ hasText: 'Added' }).count()).toBeLessThanOrEqual(failed + 1);
  await visit(page, server, '/');
  await expect(page.locator('main')).toContainText('brittle');
  await prefer(page, server, 'zh', 'light');
  await visit(page, server, `${group}?tab=log`);
  await expect(log.filter({ hasText: '程序在预热时退出，退出码 101' }).first()).toBeVisible();
  await expect(sentence).toContainText('已停止');
});

test('without JavaScript a refused form comes back with its messages and what was typed', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const complaints = await watch(page);
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
  expect(complaints.all).toEqual([]);
  await context.close();
});

test('the browser leads one step back in the wizard, and the typing stays', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/groups/new');
  await fill(page, { name: 'stepwise' });
  await nextStep(page);
  await fill(page, { max: '7' });
  await nextStep(page);
  await expect(page.locator('#f-cpu')).toBeVisible();
  await page.goBack();
  await expect(page.locator('#f-max')).toBeVisible();
  await expect(page.locator('#f-max')).toHaveValue('7');
  await page.getByRole('button', { name: 'What to run' }).click();
  await expect(page.locator('#f-name')).toBeVisible();
  await expect(page.locator('#f-name')).toHaveValue('stepwise');
});

test('while min and max do not fit, the summary says nothing of them', async ({ page }) => {
  await signIn(page, server);
  await createTemplate(page, server, 'fitting');
  await visit(page, server, '/groups/new');
  await nextStep(page);
  const summary = page.locator('.wizard-summary');
  await fill(page, { min: '2', max: '3' });
  await expect(summary).toContainText('2–3 ×');
  await fill(page, { min: '5' });
  await expect(summary).not.toContainText('×');
  await expect(summary.locator('.price')).toHaveCount(0);
});

test('a desired size outside of the limits is told at its field in our words', async ({ page }) => {
  await signIn(page, server);
  await createTemplate(page, server, 'sized');
  await createGroup(page, server, { name: 'sized', max: '2' });
  await page.locator('#desired').fill('99');
  await page.locator('#desired').blur();
  await expect(page.locator('#desired-error')).toHaveText('Desired 99 is not within 1 to 2.');
  await expect(page.locator('#desired-help')).toContainText('1 to 2.');
  await page.locator('.inline-form button[type=submit]').click();
  await expect(page.locator('#desired')).toHaveValue('99');
  await expect(page.locator('main [role=alert]')).toHaveCount(0);
});

test('leaving a wizard with something typed asks first, and staying keeps it', async ({ page }) => {
  await signIn(page, server);
  await visit(page, server, '/templates/new');
  await fill(page, { name: 'half-typed' });
  page.once('dialog', (dialog) => dialog.dismiss());
  await page.getByRole('link', { name: 'Groups', exact: true }).click();
  await expect(page.locator('#f-name')).toHaveValue('half-typed');
  await expect(page).toHaveURL(/\/templates\/new/);
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('link', { name: 'Groups', exact: true }).click();
  await expect(page).toHaveURL(/\/groups$/);
});

test('a wrong password is refused in words and the name stays', async ({ page, complaints }) => {
  complaints.allow(/status of 401/);
  await page.goto(`${server.url}/signin`);
  await page.locator('#name').fill('admin');
  await page.locator('#password').fill('nonsense');
  await page.locator('button[type=submit]').last().click();
  await expect(page.locator('main')).toContainText('Name or password is wrong');
  await expect(page.locator('#name')).toHaveValue('admin');
});

for (const path of ['/groups/asg-0000000000000', '/groups/nonsense', '/templates/tpl-0000000000000', '/no/such/page']) {
  test(`${path} is a page that says there is nothing here, with status 404`, async ({ page, complaints }) => {
    complaints.allow(/status of 404/);
    await signIn(page, server);
    const answer = await page.goto(server.url + path);
    expect(answer?.status()).toBe(404);
    await hydrated(page);
    await expect(page.locator('main')).toContainText(/nothing here/i);
  });
}
