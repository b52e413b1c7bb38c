import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let gc: (() => void) | undefined;

/** Collects what is garbage on the JavaScript heap, now. */
export function collect(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  gc();
}

/** Collects garbage and lets finalisers run: what tests before this one left is no longer freed while it counts. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }
}
