// What a person does on the pages, and what no page may ever do: an error in the console, a broken policy, a rule of
// accessibility not kept.
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import type { Server } from './server';

/** Collects everything the browser complains about. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
  return errors;
}

/** The browser's half has taken over: a click before would be a plain one. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html[data-hydrated]')).toBeAttached({ timeout: 30_000 });
}

export async function visit(page: Page, server: Server, path: string): Promise<void> {
  await page.goto(server.url + path);
  await hydrated(page);
}

export async function signIn(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/`);
  await page.locator('#name').fill('admin');
  await page.locator('#password').fill(server.password);
  await page.locator('button[type=submit]').last().click();
  await expect(page).not.toHaveURL(/signin/);
  await hydrated(page);
}

export async function axeClean(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const told = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(' | ')}`);
  expect(told, `axe on ${page.url()}`).toEqual([]);
}

export async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `results/${name}.png`, fullPage: true });
}

/** Fills fields by name. */
export async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#f-${name}`);
    if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
}

/** The error at a field. */
export function errorAt(page: Page, name: string) {
  return page.locator(`#f-${name}-error`);
}

/** Creates a template with the defaults; answers its id. */
export async function createTemplate(page: Page, server: Server, name: string): Promise<string> {
  await visit(page, server, '/templates/new');
  await fill(page, { name, instance_type: 't.quarter' });
  await page.locator('main form button[type=submit]').click();
  await expect(page).toHaveURL(/\/templates\/tpl-/);
  return page.url().split('/').pop() ?? '';
}

/** Creates a load balancer with one VServer; answers its path. */
export async function createBalancer(page: Page, server: Server, name: string, port: number): Promise<string> {
  await visit(page, server, '/balancers/new');
  await fill(page, { name });
  await page.locator('main form button[type=submit]').last().click();
  await expect(page).toHaveURL(/\/balancers\/lb-/);
  await hydrated(page);
  await fill(page, { name: 'http', port: String(port), check_path: '/healthz', check_interval_s: '5' });
  await page.locator('main section.form button[type=submit]').click();
  await expect(page.locator('.vserver code').first()).toContainText(String(port));
  return new URL(page.url()).pathname;
}
