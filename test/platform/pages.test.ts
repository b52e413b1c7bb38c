import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../architecture/bundle';
import { CHROMIUM_FLAGS, findChromium } from '../setup/chromium';
import { ISOLATED, type PageServer, serve } from '../setup/serve';

/** Products large enough to be divided, until another thread has had time to join. */
const WORK = `
  import { matmul, sum, tensor } from 'kompakt';
  import { wasm } from 'kompakt/backends/wasm';
  export async function work(threads: number) {
    const backend = wasm({ threads });
    const values = Float32Array.from({ length: 250000 }, (_, i) => ((i * 7919) % 1013) / 1013 - 0.5);
    const x = tensor(values, { shape: [500, 500], backend });
    let total = 0;
    for (let round = 0; round < 30; round++) {
      total = sum(matmul(x, x)).item();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return { total, threads: backend.threads };
  }
`;

/** Scripts of the page itself and WebAssembly, but nothing made from strings. */
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

interface Outcome {
  readonly total: number;
  readonly threads: number;
}

const path = findChromium();
describe.skipIf(!path)('a page', () => {
  let server: PageServer;
  let browser: Browser;

  beforeAll(async () => {
    const page = '<!doctype html><title>page</title>';
    server = await serve(
      new Map([
        ['index.html', page],
        ['work.mjs', await bundle(WORK)],
      ]),
    );
    browser = await chromium.launch({ executablePath: path!, args: [...CHROMIUM_FLAGS] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function outcomeOn(given: Record<string, string>, threads = 2): Promise<Outcome> {
    server.headers = given;
    const page = await browser.newPage();
    await page.goto(server.address);
    const load = `import('/work.mjs').then(({ work }) => work(${threads}))`;
    // Playwright's own evaluation is not subject to the page's policy; what the module does is.
    const outcome = await page.evaluate<Outcome>(load);
    await page.close();
    return outcome;
  }

  it('has threads where it is cross-origin isolated, and one where it is not, with the same bits', async () => {
    const { total } = await outcomeOn({}, 1);
    expect(await outcomeOn({})).toEqual({ total, threads: 1 });
    expect(await outcomeOn(ISOLATED)).toEqual({ total, threads: 2 });
  });

  it('computes under a content-security policy that forbids code from strings, with and without workers', async () => {
    const { total } = await outcomeOn({}, 1);
    const withWorkers = { ...ISOLATED, 'Content-Security-Policy': `${STRICT}; worker-src blob:` };
    expect(await outcomeOn(withWorkers)).toEqual({ total, threads: 2 });
    // Workers are refused: the calling thread does all.
    expect((await outcomeOn({ ...ISOLATED, 'Content-Security-Policy': STRICT })).total).toBe(total);
  });
});
