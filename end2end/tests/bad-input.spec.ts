// The mistakes people make: a message at the field, from the browser as soon as the field is left and from the server for
// whoever sends it all the same; the typing kept, nothing half-made.
import { createServer } from 'node:net';
import { type Page } from '@playwright/test';
import {
  createBalancer,
  createGroup,
  createTemplate,
  errorAt,
  fill,
  hydrated,
  nextStep,
  prefer,
  shot,
  signIn,
  signInByForm,
  visit,
} from './support/pages';
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

/** What is typed, the field that says so, what it says. The last field typed is the one that is left. */
type Mistake = [typed: Record<string, string>, at: string, says: string];

/** A form on the page, and the server function that it is sent to. */
interface Sent {
  page: Page;
  to: string;
}

/** The same mistakes as everywhere: a name of each form. */
const NAME_MISTAKES: Mistake[] = [
  [{ name: '' }, 'name', 'Fill this in.'],
  [{ name: 'x'.repeat(64) }, 'name', 'At most 63 characters.'],
  [{ name: NASTY }, 'name', 'This character is not allowed: <'],
];
const REMARK_TOO_LONG: Mistake = [{ remark: 'x'.repeat(256) }, 'remark', 'At most 255 characters.'];

/** Leaves a field with a mistake, then sends the form, and takes the mistake back: the next one stands alone again. */
async function mistake(form: Sent, [typed, at, says]: Mistake): Promise<void> {
  const began = await values(form.page, Object.keys(typed));
  await type(form.page, typed);
  await expect(errorAt(form.page, at), told(typed)).toHaveText(says);
  await refused(form, [typed, at, says]);
  await type(form.page, began);
}

/** Sends the form past the browser's check: the server refuses that field and no other, and the page says it there. */
async function refused({ page, to }: Sent, [typed, at, says]: Mistake): Promise<void> {
  const answered = page.waitForResponse(`**/api/${to}`);
  const form = page.locator('form', { has: page.locator(`#f-${at}`) });
  await form.evaluate((element: HTMLFormElement) => element.requestSubmit());
  const answer = await answered;
  expect(answer.status(), told(typed)).toBe(422);
  const { problems } = (await answer.json()) as { problems: { field: string }[] };
  expect(problems.map((problem) => problem.field), told(typed)).toEqual([at]);
  await expect(errorAt(page, at), told(typed)).toHaveText(says);
  await expect(page.locator('.field.wrong'), told(typed)).toHaveCount(1);
  expect(await values(page, Object.keys(typed))).toEqual(typed);
}

function told(typed: Record<string, string>): string {
  return JSON.stringify(typed).slice(0, 60);
}

async function values(page: Page, fields: string[]): Promise<Record<string, string>> {
  const read = fields.map(async (field) => [field, await page.locator(`#f-${field}`).inputValue()] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** Types these and leaves each field. A list gets an option that it does not offer. */
async function type(page: Page, typed: Record<string, string>): Promise<void> {
  for (const [field, value] of Object.entries(typed)) {
    const input = page.locator(`#f-${field}`);
    await input.evaluate((element, value) => {
      const missing = element instanceof HTMLSelectElement && [...element.options].every((option) => option.value !== value);
      if (missing) element.add(new Option(value, value));
    }, value);
    await fill(page, { [field]: value });
    await input.focus();
    await input.blur();
  }
}

const GROUP_MISTAKES: [step: string, Mistake[]][] = [
  [
    'What to run',
    [
      ...NAME_MISTAKES,
      REMARK_TOO_LONG,
      [{ template: '' }, 'template', 'Fill this in.'],
      [{ template: 'tpl-nope' }, 'template', 'There is no template named tpl-nope.'],
    ],
  ],
  [
    'How many',
    [
      [{ max: '' }, 'max', 'Fill this in.'],
      [{ max: 'many' }, 'max', 'Type a whole number.'],
      [{ max: '-1' }, 'max', 'Type a number from 0 to 1000000.'],
      [{ min: '' }, 'min', 'Fill this in.'],
      [{ min: 'two' }, 'min', 'Type a whole number.'],
      [{ min: '0' }, 'min', 'A CPU or memory rule needs at least 1 instance to look at: set min to 1 or more.'],
      [{ min: '9' }, 'max', 'Max (4) is below min (9).'],
      [{ warm_up_s: '' }, 'warm_up_s', 'Fill this in.'],
      [{ warm_up_s: 'soon' }, 'warm_up_s', 'Type a whole number.'],
      [{ warm_up_s: '999999' }, 'warm_up_s', 'Type a number from 0 to 86400.'],
    ],
  ],
  [
    'When to change',
    [
      [{ cpu: '0' }, 'cpu', 'Type a number above 0.'],
      [{ cpu: 'hot' }, 'cpu', 'Type a whole number.'],
      [{ memory: '0' }, 'memory', 'Type a number above 0.'],
      [{ memory: 'lots' }, 'memory', 'Type a whole number.'],
      [{ cpu: '', memory: '101' }, 'memory', 'Type a number from 1 to 100.'],
    ],
  ],
];

test('every field of the group wizard says what is wrong with it and keeps the typing, and nothing is made', async ({
  page,
  complaints,
}) => {
  complaints.allow(/status of 422/);
  await signIn(page, server);
  await createTemplate(page, server, 'base');
  await visit(page, server, '/groups/new');
  const form = { page, to: 'groups/create' };
  for (const [step, mistakes] of GROUP_MISTAKES) {
    await page.getByRole('button', { name: step }).click();
    await expect(page.locator('fieldset.step[data-current] legend')).toHaveText(step);
    for (const each of mistakes) await mistake(form, each);
  }
  // An id that a template could have: only the server knows that none does.
  await page.getByRole('button', { name: 'What to run' }).click();
  const unknown = { template: 'tpl-0000000000000' };
  await type(page, unknown);
  await refused(form, [unknown, 'template', 'There is no template named tpl-0000000000000.']);
  await visit(page, server, '/groups');
  await expect(page.locator('main .empty')).toBeVisible();
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

const TEMPLATE_MISTAKES: Mistake[] = [
  ...NAME_MISTAKES,
  REMARK_TOO_LONG,
  [{ environment: 'A' }, 'environment', 'Write it in this form: KEY=value, KEY=value'],
  [{ environment: 'PORT=1' }, 'environment', 'The name PORT is taken.'],
  [{ user_data: 'x'.repeat(16_385) }, 'user_data', 'At most 16 KiB.'],
];

test('every field of the template wizard says what is wrong with it, and nothing is made', async ({ page, complaints }) => {
  complaints.allow(/status of 422/);
  await signIn(page, server);
  await visit(page, server, '/templates');
  const before = await page.locator('main table tbody tr').count();
  await visit(page, server, '/templates/new');
  for (const each of TEMPLATE_MISTAKES) await mistake({ page, to: 'templates/create' }, each);
  await expect(page).toHaveURL(/\/templates\/new/);
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

const VSERVER_MISTAKES: Mistake[] = [
  ...NAME_MISTAKES,
  [{ port: '' }, 'port', 'Fill this in.'],
  [{ port: 'http' }, 'port', 'Type a whole number.'],
  [{ port: '80' }, 'port', 'Type a number from 20000 to 29999.'],
  [{ check_path: '' }, 'check_path', 'Fill this in.'],
  [{ check_path: 'healthz' }, 'check_path', 'Write it in this form: /path'],
  [{ check_path: `/${'x'.repeat(128)}` }, 'check_path', 'At most 128 characters.'],
  [{ check_interval_s: '' }, 'check_interval_s', 'Fill this in.'],
  [{ check_interval_s: '0' }, 'check_interval_s', 'Type a number from 1 to 300.'],
  [{ check_interval_s: 'often' }, 'check_interval_s', 'Type a whole number.'],
];

test('every field of the load balancer forms says what is wrong with it, and nothing is made', async ({ page, complaints }) => {
  complaints.allow(/status of 422/);
  await signIn(page, server);
  await visit(page, server, '/balancers');
  const before = await page.locator('main table tbody tr').count();
  await visit(page, server, '/balancers/new');
  await fill(page, { name: 'strict' });
  for (const each of [...NAME_MISTAKES, REMARK_TOO_LONG]) await mistake({ page, to: 'balancers/create' }, each);
  await visit(page, server, '/balancers');
  await expect(page.locator('main table tbody tr')).toHaveCount(before);
  const path = await createBalancer(page, server, 'strict', await freePort());
  for (const each of VSERVER_MISTAKES) await mistake({ page, to: 'balancers/create-vserver' }, each);
  await visit(page, server, path);
  await expect(page.locator('.vserver')).toHaveCount(1);
});

const BIND_MISTAKES: Mistake[] = [
  [{ port: '' }, 'port', 'Fill this in.'],
  [{ port: 'http' }, 'port', 'Type a whole number.'],
  [{ port: '0' }, 'port', 'Type a number from 1 to 65535.'],
  [{ weight: '' }, 'weight', 'Fill this in.'],
  [{ weight: 'heavy' }, 'weight', 'Type a whole number.'],
  [{ weight: '257' }, 'weight', 'Type a number from 1 to 256.'],
];

test('a group is neither bound nor changed by what its forms refuse', async ({ page, complaints }) => {
  complaints.allow(/status of 422/);
  await signIn(page, server);
  await createTemplate(page, server, 'bindable');
  await createBalancer(page, server, 'bindable', await freePort());
  const group = await createGroup(page, server, { name: 'bindable', min: '1', max: '1', cpu: '' });
  await visit(page, server, `${group}?tab=balancing`);
  for (const each of BIND_MISTAKES) await mistake({ page, to: 'groups/bind' }, each);
  await visit(page, server, `${group}/edit`);
  await mistake({ page, to: 'groups/update' }, [{ name: NASTY }, 'name', 'This character is not allowed: <']);
  await visit(page, server, `${group}?tab=balancing`);
  await expect(page.locator('h1')).toHaveText('bindable');
  await expect(page.locator('#tab-balancing .count')).toHaveText('0');
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

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a refused form comes back with its messages and what was typed', async ({ page }) => {
    await signInByForm(page, server);
    await page.goto(`${server.url}/groups/new`);
    await page.locator('#f-name').fill('plain');
    await page.locator('#f-min').fill('5');
    await page.locator('#f-max').fill('2');
    await page.locator('.step-nav button[type=submit]').click();
    await expect(errorAt(page, 'max')).toHaveText('Max (2) is below min (5).');
    await expect(page.locator('#f-name')).toHaveValue('plain');
    await expect(page.locator('#f-min')).toHaveValue('5');
  });
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
