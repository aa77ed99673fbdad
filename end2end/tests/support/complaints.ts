// What no page may ever do: an error in the console, an exception, a breach of the content policy; and what every answer
// must say to the browser.
import { type BrowserContext, expect, type Page } from '@playwright/test';

/** What a browser complained about. */
export interface Complaints {
  all: string[];
  /** A complaint that the test provokes, such as the status of a refused request. */
  allow: (pattern: RegExp) => void;
}

/**
 * Collects everything that the browser complains about in any page of a context, whenever it opens; breaches of the
 * content policy by the browser's own event.
 */
export async function watch(context: BrowserContext): Promise<Complaints> {
  const allowed: RegExp[] = [];
  const all: string[] = [];
  const complain = (page: Page | null, text: string) => {
    if (!allowed.some((pattern) => pattern.test(text))) all.push(`${page?.url()}: ${text}`);
  };
  context.on('console', (message) => {
    if (message.type() === 'error') complain(message.page(), message.text());
  });
  context.on('weberror', (error) => complain(error.page(), error.error().message));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`content policy broken: ${event.violatedDirective} by ${event.blockedURI} ${event.sample}`);
    });
  });
  return { all, allow: (pattern) => allowed.push(pattern) };
}

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** A page's whole policy, its nonce left out. A directive that is missing here or there would open a door unseen. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'nonce' 'wasm-unsafe-eval'",
  "style-src-elem 'self'",
  "style-src-attr 'unsafe-inline'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

/** The headers of a page are all there. */
export function expectGuarded(headers: Record<string, string>, path: string): void {
  expect(headers, path).toMatchObject(HEADERS);
  const policy = headers['content-security-policy'] ?? '';
  expect(policy.replace(/'nonce-[^']+'/, "'nonce'"), path).toBe(POLICY);
}
