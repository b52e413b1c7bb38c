import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a headless chromium needs to run as root, quietly, with WebGL2 and WebGPU in software. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The chromium that the browser tests run in: `KOMPAKT_CHROMIUM` if set, else the first on the PATH.
 *
 * @returns Its path, or null where there is none.
 */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | null {
  if (env.KOMPAKT_CHROMIUM) return isExecutable(env.KOMPAKT_CHROMIUM) ? env.KOMPAKT_CHROMIUM : null;
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = folders.flatMap((folder) =>
    ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)),
  );
  return candidates.find(isExecutable) ?? null;
}
