// The story of the README: from signing in to a group that grows to what its load needs and shrinks again, with real
// processes behind a real HAProxy. By arithmetic: 54 requests a second of 5 ms are 0.27 of a core, 108 % of a quarter;
// at a threshold of 50 % that is three instances, and four only above 150 %.
import { spawn } from 'node:child_process';
import { type Page } from '@playwright/test';
import { axeClean, createBalancer, createTemplate, fill, hydrated, shot, signIn, signInByForm, visit } from './support/pages';
import { BIN, freePort, instancesOnHost, type Server, startServer, until, upInHaproxy } from './support/server';
import { expect, test } from './support/test';

let server: Server;

test.beforeAll(async () => {
  server = await startServer();
});
test.afterAll(async () => {
  await server.end();
});

interface Load {
  stop: () => Promise<{ requests: number; failed: number }>;
}

/** `tidegate load` of so many requests a second, until it is stopped. */
function startLoad(url: string, rate: number): Load {
  const child = spawn(BIN, ['load', url, '--rate', String(rate), '--duration', '600s', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  const complained: string[] = [];
  child.stdout.on('data', (text) => said.push(String(text)));
  child.stderr.on('data', (text) => complained.push(String(text)));
  return {
    stop: async () => {
      child.kill('SIGINT');
      await until('the load ends', 40_000, () => child.exitCode !== null || child.signalCode !== null);
      const report = JSON.parse(said.join('')) as { requests: number; succeeded: number };
      expect(report.requests, complained.join('')).toBeGreaterThan(0);
      return { requests: report.requests, failed: report.requests - report.succeeded };
    },
  };
}

/** The wizard of a new group, which says whom it is for, what its rule looks at, what will happen and what it costs. */
async function createShop(page: Page): Promise<string> {
  await visit(page, server, '/groups/new');
  const stateless = 'Only stateless applications fit: an instance may go at any time, with everything on it.';
  await expect(page.locator('fieldset[data-current] .notice')).toContainText(stateless);
  await fill(page, { name: 'shop' });
  await page.getByRole('button', { name: 'Next' }).click();
  await fill(page, { min: '1', max: '4', warm_up_s: '30' });
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.locator('#f-cpu-help')).toContainText(
    'Grows when the mean over 15 s is above it; shrinks when the mean over 10 min is below.',
  );
  await fill(page, { cpu: '50' });
  await shot(page, 'wizard');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.locator('fieldset[data-current] legend')).toHaveText('Review');
  const summary = page.locator('.wizard-summary');
  await expect(summary).toContainText('1–4 × sample-web · 0.25 vCPU · 256 MiB');
  await expect(summary.locator('.price')).toHaveText('0.0125 – 0.0500 USD');
  await expect(summary.locator('li')).toHaveText([
    '1 instance launched at once.',
    'Each is in service 30 s after its program runs (warm-up).',
    'Every 15 s: above CPU 50 % it grows, to 4 at most.',
    'After 10 min below that, it shrinks one step at a time.',
  ]);
  await shot(page, 'wizard-review');
  await axeClean(page);
  await page.locator('.step-nav button[type=submit]').click();
  await expect(page).toHaveURL(/\/groups\/asg-/);
  return new URL(page.url()).pathname;
}

/** The sizes it went through and why: one step allows twice as many, and it shrinks by one. */
const SIZES: [string, RegExp][] = [
  ['Desired 1 → 2', /^CPU [\d.]+ % > 50 % over 15 s on 1 instance: asks for .*Desired 1 → 2 for CPU$/],
  ['Desired 2 → 3', /^CPU [\d.]+ % > 50 % over 15 s on 2 instances: asks for 3 instances\. Desired 2 → 3 for CPU$/],
  ['Desired 3 → 2', /^Desired 3 → 2: the busiest minute of the last 10 min needs [\d.]+ % of one instance$/],
  ['Desired 2 → 1', /^Desired 2 → 1: the busiest minute of the last 10 min needs [\d.]+ % of one instance$/],
];

/** Every row of the scaling log has its cause, and the sizes have the right ones. */
async function expectCauses(page: Page): Promise<void> {
  const log = page.locator('table.log tbody tr');
  await expect(log.filter({ hasText: 'Desired 2 → 1' }).first()).toBeVisible();
  const rows = await log.evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
  for (const [, action, cause] of rows) expect(cause, action).toMatch(/\S/);
  // Newest first.
  const sizes = rows.filter(([, action]) => action?.startsWith('Desired')).reverse();
  expect(sizes.map(([, action]) => action)).toEqual(SIZES.map(([action]) => action));
  sizes.forEach(([, , cause], at) => expect(cause).toMatch(SIZES[at]?.[1] ?? ''));
  const added = rows.filter(([, action]) => action?.startsWith('Added'));
  expect(added.map(([, , cause]) => /Adds 1 instance: desired \d/.test(cause ?? ''))).toEqual([true, true, true]);
  const removed = rows.filter(([, action]) => action?.startsWith('Removed'));
  expect(removed.map(([, , cause]) => cause?.startsWith('Desired'))).toEqual([true, true]);
}

test('a group grows to what its load needs and shrinks again, and no request fails', async ({ page }) => {
  await signInByForm(page, server);
  await hydrated(page);
  await createTemplate(page, server, 'web');
  await shot(page, 'template');

  const port = await freePort();
  const balancer = await createBalancer(page, server, 'front', port);

  const group = await createShop(page);

  await visit(page, server, `${group}?tab=balancing`);
  await fill(page, { port: '8080', weight: '1' });
  await page.locator('main section.form button[type=submit]').click();
  await expect(page.locator('main table').filter({ hasText: 'front / http' })).toBeVisible();
  await until('one instance serves', 60_000, async () => (await upInHaproxy(server.data)) === 1);

  const load = startLoad(`http://127.0.0.1:${port}/work?ms=5`, 54);
  await visit(page, server, group);
  const inService = page.locator('.gauge-legend div', { hasText: 'In service' }).locator('dd');
  await expect(inService).toHaveText('3', { timeout: 90_000 });
  expect(instancesOnHost(server.data), 'processes on the host').toBe(3);
  await until('HAProxy sends to three', 20_000, async () => (await upInHaproxy(server.data)) === 3);
  await shot(page, 'group-grown');
  await axeClean(page);
  await visit(page, server, balancer);
  await shot(page, 'balancer');
  await axeClean(page);

  const before = await load.stop();
  expect(before.failed, `of ${before.requests} requests`).toBe(0);
  // A trickle that a single instance hardly notices: it would see a request that a scale-in breaks.
  const quiet = startLoad(`http://127.0.0.1:${port}/`, 5);
  await visit(page, server, group);
  await expect(inService).toHaveText('1', { timeout: 180_000 });
  await until('one process is left', 60_000, () => instancesOnHost(server.data) === 1);
  const after = await quiet.stop();
  expect(after.failed, `of ${after.requests} requests while it shrank`).toBe(0);

  await visit(page, server, `${group}?tab=log`);
  await expectCauses(page);
  await shot(page, 'log');
  await axeClean(page);
  await visit(page, server, `${group}?tab=why`);
  await shot(page, 'why');
  await axeClean(page);
  await visit(page, server, group);
  await shot(page, 'group-shrunk');
  await visit(page, server, '/');
  const latest = page.locator('table.latest tbody tr');
  await expect(latest.first()).toContainText('shop');
  await expect(latest.filter({ hasText: /→ 3/ }).first()).toContainText('CPU');
  await expect(latest.first()).toContainText('→ 1');
  await axeClean(page);
  await shot(page, 'overview');
});

test('after kill -9 the next start finds its instances, and SIGTERM ends it within ten seconds with a page open', async ({ page, complaints }) => {
  // The open page hears the server go.
  complaints.allow(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
  await signIn(page, server);
  await visit(page, server, '/groups');
  const programs = instancesOnHost(server.data);
  expect(programs).toBe(1);
  await server.crash();
  await server.restart();
  await visit(page, server, '/groups');
  await expect(page.locator('main table')).toContainText('shop');
  expect(instancesOnHost(server.data)).toBe(programs);
  const took = await server.stop();
  expect(took).toBeLessThan(10_000);
  expect(instancesOnHost(server.data), 'instances outlive the server').toBe(programs);
});
