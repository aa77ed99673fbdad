// The story of the README: from signing in to a group that grows to what its load needs and shrinks again, with real
// processes behind a real HAProxy. By arithmetic: 54 requests a second of 5 ms are 0.27 of a core, 108 % of a quarter;
// at a threshold of 50 % that is three instances, and four only above 150 %.
import { spawn } from 'node:child_process';
import { axeClean, createBalancer, createTemplate, fill, shot, signIn, visit } from './support/pages';
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

/** `tidegate load` at a fixed rate until it is stopped. */
function startLoad(url: string): Load {
  const child = spawn(BIN, ['load', url, '--rate', '54', '--duration', '600s', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
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

test('a group grows to what its load needs and shrinks again, and no request fails', async ({ page }) => {
  await signIn(page, server);
  await createTemplate(page, server, 'web');
  await shot(page, 'template');

  const port = await freePort();
  const balancer = await createBalancer(page, server, 'front', port);

  await visit(page, server, '/groups/new');
  await fill(page, { name: 'shop' });
  await page.getByRole('button', { name: 'Next' }).click();
  await fill(page, { min: '1', max: '4', warm_up_s: '30' });
  await page.getByRole('button', { name: 'Next' }).click();
  await fill(page, { cpu: '50' });
  await shot(page, 'wizard');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.locator('.wizard-summary, fieldset[data-current]').first()).toBeVisible();
  await shot(page, 'wizard-review');
  await axeClean(page);
  await page.locator('.step-nav button[type=submit]').click();
  await expect(page).toHaveURL(/\/groups\/asg-/);
  const group = new URL(page.url()).pathname;

  await visit(page, server, `${group}?tab=balancing`);
  await fill(page, { port: '8080', weight: '1' });
  await page.locator('main section.form button[type=submit]').click();
  await expect(page.locator('main table').filter({ hasText: 'front / http' })).toBeVisible();
  await until('one instance serves', 60_000, async () => (await upInHaproxy(server.data)) === 1);

  const load = startLoad(`http://127.0.0.1:${port}/work?ms=5`);
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
  const quiet = startQuietLoad(port);
  await visit(page, server, group);
  await expect(inService).toHaveText('1', { timeout: 180_000 });
  await until('one process is left', 60_000, () => instancesOnHost(server.data) === 1);
  const after = await quiet.stop();
  expect(after.failed, `of ${after.requests} requests while it shrank`).toBe(0);

  await visit(page, server, `${group}?tab=log`);
  const log = page.locator('table.log tbody tr');
  await expect(log.filter({ hasText: /CPU/ }).first()).toBeVisible();
  const causes = await log.allInnerTexts();
  expect(causes.length).toBeGreaterThanOrEqual(7);
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

/** A trickle that a single instance hardly notices: it would see a request that a scale-in breaks. */
function startQuietLoad(port: number): Load {
  const child = spawn(BIN, ['load', `http://127.0.0.1:${port}/`, '--rate', '5', '--duration', '600s', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said: string[] = [];
  child.stdout.on('data', (text) => said.push(String(text)));
  return {
    stop: async () => {
      child.kill('SIGINT');
      await until('the trickle ends', 40_000, () => child.exitCode !== null || child.signalCode !== null);
      const report = JSON.parse(said.join('')) as { requests: number; succeeded: number };
      return { requests: report.requests, failed: report.requests - report.succeeded };
    },
  };
}

test('after kill -9 the next start finds its instances, and SIGTERM ends it within ten seconds with a page open', async ({ page, complaints }) => {
  // The open page hears the server go.
  complaints.allow(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
  await signIn(page, server);
  await visit(page, server, '/groups');
  const shims = instancesOnHost(server.data);
  expect(shims).toBe(1);
  await server.crash();
  await server.restart();
  await visit(page, server, '/groups');
  await expect(page.locator('main table')).toContainText('shop');
  expect(instancesOnHost(server.data)).toBe(shims);
  const took = await server.stop();
  expect(took).toBeLessThan(10_000);
  expect(instancesOnHost(server.data), 'instances outlive the server').toBe(shims);
});
