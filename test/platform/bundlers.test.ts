import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { distance } from '../browser/golden';
import { CHROMIUM_FLAGS, findChromium } from '../setup/chromium';
import { type PageServer, serve } from '../setup/serve';
import { type Outcome, play, smallModel, type Where } from './bundlers/app';
import { BUILDS, PEERS, writeProject } from './bundlers/builds';

/** How far from WASM's the numbers of the others may be, of about 1: they add up in other orders. */
const TOLERANCE = 1e-5;
/** Scripts of the page itself and WebAssembly, but nothing made from strings. */
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

const executablePath = findChromium();
const missing = ['gpu.js', 'webpack'].filter((name) => !existsSync(join(PEERS, name)));
if (missing.length > 0) {
  process.stderr.write(
    `tests of bundles are left out: no ${missing.join(', ')} (npm ci --prefix test/peers --ignore-scripts)\n`,
  );
}

describe.skipIf(!executablePath || missing.length > 0)('the same program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-bundlers-'));
  const project = join(folder, 'project');
  const file = join(folder, 'model.safetensors');
  let truth: Outcome;
  let browser: Browser;
  let server: PageServer | undefined;

  beforeAll(async () => {
    const model = smallModel();
    writeFileSync(file, await model.toBytes());
    model.dispose();
    truth = await play('wasm', file);
    await writeProject(project);
    browser = await chromium.launch({ executablePath: executablePath!, args: [...CHROMIUM_FLAGS] });
  });
  afterEach(() => server?.close());
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The page that a build makes, once its program has loaded. */
  async function open(name: string, policy?: string): Promise<Page> {
    const out = join(folder, name.replace(/\W+/g, '-'));
    if (!existsSync(out)) {
      mkdirSync(out);
      await BUILDS.find((build) => build.name === name)!.make(project, out);
      writeFileSync(join(out, 'model.safetensors'), readFileSync(file));
    }
    server = await serve(out);
    if (policy !== undefined) server.headers = { 'Content-Security-Policy': policy };
    const page = await browser.newPage();
    const broken = new Promise<never>((_, failed) => page.on('pageerror', failed));
    await page.goto(server.address);
    await Promise.race([page.waitForFunction(() => 'play' in globalThis), broken]);
    return page;
  }

  /** In a task of the page's own: what playwright calls itself may make code from strings whatever the policy. */
  const on = (page: Page, where: Where): Promise<Outcome> =>
    page.evaluate<Outcome>(`new Promise((done, failed) => {
      setTimeout(() => play(${JSON.stringify(where)}, 'model.safetensors').then(done, failed));
    })`);

  function expectNear(got: Outcome, where: string): void {
    for (const key of ['runtime', 'loaded', 'losses', 'trained'] as const) {
      expect(distance(got[key], truth[key]), `${where}: ${key}`).toBeLessThan(TOLERANCE);
    }
  }

  it('learns in Node, by both ways of loading it', () => {
    expect(truth.runtime).toEqual(truth.loaded);
    expect(truth.losses[1]).toBeLessThan(truth.losses[0]!);
    expect(distance(truth.trained, truth.loaded)).toBeGreaterThan(1e-3);
  });

  // Terser takes its time.
  it.each(BUILDS.map(({ name }) => name))('computes the same in %s', { timeout: 600_000 }, async (name) => {
    const page = await open(name);
    expect(await on(page, 'wasm')).toEqual(truth);
    for (const where of ['webgpu', 'gpu.js webgl2', 'gpu.js cpu'] as const) expectNear(await on(page, where), where);
    await page.close();
  });

  it('runs under a policy that forbids code from strings, except in the mode cpu of gpu.js', async () => {
    const page = await open(BUILDS[1]!.name, STRICT);
    expect(await on(page, 'wasm')).toEqual(truth);
    for (const where of ['webgpu', 'gpu.js webgl2', 'gpu.js webasm'] as const) {
      expectNear(await on(page, where), where);
    }
    await expect(on(page, 'gpu.js cpu')).rejects.toThrow(/BackendError: gpujs: no usable mode here/);
    await page.close();
  });
});
