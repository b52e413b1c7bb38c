import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright';
import { kompaktSources } from '../../scripts/sources-plugin.mjs';
import { CHROMIUM_FLAGS, findChromium } from '../../test/setup/chromium';
import { serve } from '../../test/setup/serve';
import type { Graphics, Outcome, Work } from './page';

const GPU_JS = resolve('test/peers/node_modules/gpu.js/dist/gpu-browser.js');
const TFJS = resolve('bench/node_modules/@tensorflow');

/** Chromium on the machine's own GPU, where it has one. */
const GPU_FLAGS: readonly string[] = [
  ...CHROMIUM_FLAGS.filter((flag) => !/swiftshader/.test(flag)),
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-angle=vulkan',
  '--ignore-gpu-blocklist',
];

/** A page with all engines, in a browser of its own. */
export interface Arena {
  readonly graphics: Graphics;
  /** What does in place of a GPU, so that times would say nothing; null on a GPU. */
  readonly software: string | null;
  /** Lines about engines that are left out. */
  readonly left: readonly string[];
  run(work: Work, timed: boolean): Promise<Outcome>;
  close(): Promise<void>;
}

/** The CPU's renderer that a name tells of, or `'none'`; null for a GPU. */
export function softwareIn({ webgpu, webgl }: Graphics): string | null {
  const known = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|^none$/i;
  return known.exec(webgpu)?.[0] ?? known.exec(webgl)?.[0] ?? null;
}

/** Opens the page, on the GPU if there is one; null without chromium. */
export async function openArena(): Promise<Arena | null> {
  const executablePath = findChromium();
  if (executablePath === null) return null;
  const script = await bundlePage();
  const html = '<!doctype html><title>GPU</title><script type="module" src="page.js"></script>';
  const server = await serve(
    new Map([
      ['index.html', html],
      ['page.js', script],
    ]),
  );
  const on = async (args: readonly string[]) => {
    const browser = await chromium.launch({ executablePath, args: [...args] });
    const page = await browser.newPage();
    await page.goto(server.address);
    await page.waitForFunction(() => 'graphics' in globalThis);
    return { browser, page, graphics: await page.evaluate<Graphics>('graphics()') };
  };
  let opened: { browser: Browser; page: Page; graphics: Graphics } = await on(GPU_FLAGS);
  if (softwareIn(opened.graphics) !== null) {
    await opened.browser.close();
    opened = await on(CHROMIUM_FLAGS);
  }
  const { browser, page, graphics } = opened;
  const left = await page.evaluate<string[]>('open()');
  return {
    graphics,
    software: softwareIn(graphics),
    left,
    run: (work, timed) => page.evaluate<Outcome>(`run(${JSON.stringify(work)}, ${timed})`),
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** Peers are imported where they are installed. */
async function bundlePage(): Promise<string> {
  const peers = [
    ...(existsSync(GPU_JS) ? [["import * as gpuJs from 'gpu.js';", 'gpuJs']] : []),
    ...(existsSync(`${TFJS}/tfjs-backend-webgpu`)
      ? [
          [
            "import * as tf from '@tensorflow/tfjs-core'; import '@tensorflow/tfjs-backend-webgl'; import '@tensorflow/tfjs-backend-webgpu';",
            'tf',
          ],
        ]
      : []),
  ];
  const { outputFiles } = await build({
    stdin: {
      contents: `${peers.map(([line]) => line).join('\n')}
import { contest, graphics } from './gpu/page';
let arena;
const open = async () => (arena = await contest({ ${peers.map(([, name]) => name).join(', ')} })).left;
const run = (work, timed) => arena.run(work, timed);
Object.assign(globalThis, { graphics, open, run });`,
      resolveDir: resolve('bench'),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
    alias: { 'gpu.js': GPU_JS },
    plugins: [kompaktSources(resolve('.'))],
  });
  return outputFiles[0]!.text;
}
