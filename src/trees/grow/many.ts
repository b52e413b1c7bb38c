import { type MessageWorker, startWorker, workerSource } from '../../estimator/worker';
import { type GrowTask, growTreeSource, treeGrower } from './compose';
import type { RankedColumns, Target, TreeArrays } from './types';

/** Trees of a forest: how many, and what each is grown from, made when its turn comes. */
export interface Forest {
  readonly count: number;
  task(index: number): GrowTask;
}

/** Work below this many values looked at is not worth a thread. */
const WORTH_THREADS = 2_000_000;

/**
 * Grows the trees of a forest, on so many threads. A tree depends on its task alone, so the forest is the same for any
 * number of them; where threads can't be started or fail, it is grown here.
 */
export async function growForest(
  columns: RankedColumns,
  target: Target,
  forest: Forest,
  threads: number,
): Promise<TreeArrays[]> {
  const values = columns.rows * columns.features * forest.count;
  const workers = Math.min(threads, forest.count);
  const trees = new Array<TreeArrays | undefined>(forest.count);
  if (workers > 1 && values >= WORTH_THREADS) await growOnThreads(columns, target, forest, workers, trees);
  const grow = treeGrower();
  return Array.from(trees, (tree, i) => tree ?? grow(columns, target, forest.task(i)));
}

const PROGRAM = (): string =>
  workerSource(`((grow) => {
    let data = null;
    return (message, reply) => {
      if (message.columns) data = message;
      else reply({ index: message.index, tree: grow(data.columns, data.target, message.task) });
    };
  })(${growTreeSource()})`);

/** Fills `trees` as far as threads get. */
function growOnThreads(
  columns: RankedColumns,
  target: Target,
  forest: Forest,
  threads: number,
  trees: (TreeArrays | undefined)[],
): Promise<void> {
  const source = PROGRAM();
  let next = 0;
  let running = 0;
  return new Promise((resolve) => {
    const started: MessageWorker[] = [];
    const end = (): void => {
      if (running > 0) return;
      for (const worker of started) worker.terminate();
      resolve();
    };
    const start = (): void => {
      let alive = true;
      running++;
      const stop = (): void => {
        if (!alive) return;
        alive = false;
        running--;
        end();
      };
      const feed = (): void => {
        if (next >= forest.count) {
          stop();
          return;
        }
        const index = next++;
        worker!.post({ index, task: forest.task(index) });
      };
      const worker = startWorker(source, {
        message: (message) => {
          const { index, tree } = message as { readonly index: number; readonly tree: TreeArrays };
          trees[index] = tree;
          feed();
        },
        failed: stop,
      });
      if (worker === null) {
        stop();
        return;
      }
      started.push(worker);
      worker.post({ columns, target });
      feed();
    };
    for (let i = 0; i < threads; i++) start();
  });
}
