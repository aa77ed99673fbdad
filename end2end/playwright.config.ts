// The browser tests: a real Chromium against the real server. `make test` sets TIDEGATE_BIN and TIDEGATE_SITE_ROOT.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  testIgnore: ['node_modules/**', 'results/**'],
  outputDir: 'results/artifacts',
  // A story grows and shrinks real processes under load: two at once on two cores would measure each other.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'results/report.json' }]],
  use: {
    headless: true,
    locale: 'en-GB',
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.TIDEGATE_CHROMIUM ?? '/usr/bin/chromium',
      // Chromium has no sandbox under root, and no business on the network.
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    },
  },
});
