// The test of every spec file: all pages of its context are watched, and whatever the browser complained about fails it.
// A test without JavaScript says `test.use({ javaScriptEnabled: false })` and is watched like any other.
import { test as base } from '@playwright/test';
import { type Complaints, watch } from './complaints';

export { expect } from '@playwright/test';

export const test = base.extend<{ complaints: Complaints }>({
  complaints: [
    async ({ context }, use) => {
      const complaints = await watch(context);
      await use(complaints);
      base.expect(complaints.all).toEqual([]);
    },
    { auto: true },
  ],
});
