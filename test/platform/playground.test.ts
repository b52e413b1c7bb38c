import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM_FLAGS, findChromium } from '../setup/chromium';
import { ISOLATED, type PageServer, serve } from '../setup/serve';

const path = findChromium();
const hasGpuJs = existsSync('test/peers/node_modules/gpu.js');

describe.skipIf(!path)('the playground', () => {
  let server: PageServer;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    execFileSync(process.execPath, ['scripts/run-ts.mjs', 'scripts/playground.ts']);
    server = await serve('docs/api/playground');
    server.headers = ISOLATED;
    browser = await chromium.launch({ executablePath: path!, args: [...CHROMIUM_FLAGS] });
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(server.address);
    await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const textOf = (id: string) => page.locator(`#${id}`).textContent();
  /** Strokes through points of the pad, in [0, 1]. */
  async function draw(...strokes: readonly (readonly [number, number])[][]): Promise<void> {
    const box = (await page.locator('#pad').boundingBox())!;
    for (const [first, ...others] of strokes) {
      const at = ([x, y]: readonly [number, number]): [number, number] => [
        box.x + box.width * x,
        box.y + box.height * y,
      ];
      await page.mouse.move(...at(first!));
      await page.mouse.down();
      for (const point of others) await page.mouse.move(...at(point), { steps: 6 });
      await page.mouse.up();
    }
  }
  const train = async (): Promise<string> => {
    await page.click('#train');
    await page.waitForFunction(() => !(document.getElementById('train') as HTMLButtonElement).disabled);
    return (await textOf('status'))!;
  };

  it('reads what is drawn', async () => {
    expect(await textOf('digit')).toBe('?');
    await draw([
      [0.3, 0.25],
      [0.7, 0.22],
      [0.55, 0.5],
      [0.45, 0.85],
    ]);
    await page.waitForFunction(() => document.getElementById('digit')!.textContent === '7');
    await page.click('#clear');
    await page.waitForFunction(() => document.getElementById('digit')!.textContent === '?');
    await draw([
      [0.5, 0.2],
      [0.5, 0.8],
    ]);
    await page.waitForFunction(() => document.getElementById('digit')!.textContent === '1');
  });

  it('trains, shows the loss, and can be stopped', async () => {
    await page.selectOption('#images', '500');
    await page.fill('#epochs', '2');
    expect(await train()).toMatch(/^trained on 500 images in .* on wasm$/);
    expect(await page.locator('#curve polyline').count()).toBe(2);
    expect(Number.parseFloat((await textOf('accuracy'))!)).toBeGreaterThan(30);
    await page.fill('#epochs', '50');
    await page.click('#train');
    await page.click('#stop');
    await page.waitForFunction(() => document.getElementById('status')!.textContent!.startsWith('stopped'));
  });

  it('goes back to its first model, and refuses another file', async () => {
    await page.setInputFiles('#file', {
      name: 'x.safetensors',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from('no model'),
    });
    await page.waitForFunction(() => /^loading: /.test(document.getElementById('status')!.textContent!));
    await page.click('#restore');
    await page.waitForFunction(() => /21,114/.test(document.getElementById('summary')!.textContent!));
  });

  it.each(['webgpu', ...(hasGpuJs ? ['gpujs'] : [])])(
    'reads and trains on %s',
    async (backend) => {
      await page.selectOption('#backend', backend);
      await page.click('#clear');
      await draw([
        [0.5, 0.2],
        [0.5, 0.8],
      ]);
      await page.waitForFunction(() => document.getElementById('digit')!.textContent === '1');
      await page.selectOption('#network', 'dense');
      await page.fill('#epochs', '1');
      expect(await train()).toMatch(/^trained on 500 images/);
    },
    120_000,
  );

  it('complains of nothing', () => {
    expect(complaints).toEqual([]);
  });
});
