import { resolve } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { CHROMIUM_FLAGS, findChromium } from './test/setup/chromium.ts';

/** `kompakt/nn` in a test means the sources, not the build. */
const alias = [
  { find: /^kompakt$/, replacement: resolve('src/index.ts') },
  { find: /^kompakt\/(.+)$/, replacement: `${resolve('src')}/$1/index.ts` },
];

const node: TestProjectConfiguration = {
  resolve: { alias },
  test: {
    name: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};

/** SharedArrayBuffer, and so threads, exist only on a page served with these headers. */
const crossOriginIsolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

function browser(executablePath: string): TestProjectConfiguration {
  return {
    resolve: { alias },
    server: { headers: crossOriginIsolation },
    // Found during the run, these would reload the page under the tests.
    optimizeDeps: { include: ['ndarray', 'papaparse', 'seedrandom/lib/alea.js'] },
    test: {
      name: 'browser',
      include: ['test/browser/**/*.test.ts'],
      testTimeout: 60_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: [...CHROMIUM_FLAGS] } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

const chromium = findChromium();
if (!chromium) {
  process.stderr.write('browser tests are left out: no chromium on the PATH, and KOMPAKT_CHROMIUM names none\n');
}

export default defineConfig({
  test: { projects: chromium ? [node, browser(chromium)] : [node] },
});
