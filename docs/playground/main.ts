import type { Backend } from 'kompakt';
import { loadModel, type Sequential } from 'kompakt/nn';
import { type Choice, choices } from './backends';
import { Curve } from './curve';
import { loadDigits, part } from './digits';
import { NETWORKS, type NetworkName, network } from './networks';
import { Pad, SIDE } from './pad';

const TEST = 500;

function find<T extends Element>(id: string): T {
  return document.getElementById(id) as unknown as T;
}

const status = (text: string): void => {
  find('status').textContent = text;
};
const show = (id: string, text: string): void => {
  find(id).textContent = text;
};
const failed = (what: string) => (error: unknown) =>
  status(`${what}: ${error instanceof Error ? error.message : String(error)}`);

/** What the page holds. */
class Playground {
  readonly pad: Pad;
  readonly curve = new Curve(find('curve'));
  readonly bars: HTMLElement[];
  readonly places: readonly Choice[];
  readonly backends = new Map<string, Promise<Backend>>();
  readonly all = loadDigits('digits.bin');
  model: Sequential | null = null;
  first: Uint8Array | null = null;
  stop: AbortController | null = null;
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(places: readonly Choice[]) {
    this.places = places;
    this.pad = new Pad(find('pad'), () => void this.read());
    this.bars = Array.from({ length: 10 }, (_, digit) => {
      const row = document.createElement('li');
      row.innerHTML = `${digit}<i><b></b></i><span>0 %</span>`;
      find('bars').append(row);
      return row;
    });
  }

  /** The place to run that is chosen. */
  backend(): Promise<Backend> {
    const { value } = find<HTMLSelectElement>('backend');
    const opened = this.backends.get(value) ?? this.places.find((p) => p.id === value)!.open();
    this.backends.set(value, opened);
    // One that failed may be tried again.
    opened.catch(() => this.backends.delete(value));
    return opened;
  }

  async use(bytes: Uint8Array): Promise<void> {
    const model = (await loadModel(bytes, { backend: await this.backend() })) as Sequential;
    if (String(model.inputShape) !== String([SIDE, SIDE, 1]) || String(model.outputShape) !== '10') {
      model.dispose();
      throw new Error(`the model is not one from pictures [${SIDE}, ${SIDE}, 1] to 10 digits`);
    }
    this.take(model);
  }

  take(model: Sequential): void {
    const before = this.model;
    this.model = model;
    if (before !== model) before?.dispose();
    find('summary').textContent = model.summary();
    void this.read();
  }

  /** Reads what is drawn; while it does, further strokes wait, and the last of them counts. */
  read(): Promise<void> {
    if (this.#reading !== null) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = this.#readNow()
      .catch(failed('reading'))
      .finally(() => {
        this.#reading = null;
        if (this.#again) {
          this.#again = false;
          void this.read();
        }
      });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    const picture = this.pad.read();
    if (picture === null || this.model === null) return this.answer(null);
    const start = performance.now();
    const output = this.model.predict({ data: picture, shape: [1, SIDE, SIDE, 1] });
    const probabilities = await output.data();
    output.dispose();
    show('speed', `read in ${(performance.now() - start).toFixed(1)} ms`);
    this.answer(probabilities);
  }

  answer(probabilities: ArrayLike<number> | null): void {
    const best =
      probabilities === null ? -1 : Array.from(probabilities).indexOf(Math.max(...Array.from(probabilities)));
    show('digit', best < 0 ? '?' : String(best));
    this.bars.forEach((row, digit) => {
      const p = probabilities?.[digit] ?? 0;
      row.querySelector('b')!.style.width = `${100 * p}%`;
      row.querySelector('span')!.textContent = `${(100 * p).toFixed(p > 0 && p < 0.1 ? 1 : 0)} %`;
    });
  }

  /** Trains a new network, and shows how it goes. */
  async train(): Promise<void> {
    const digits = await this.all;
    const [images, epochs] = [
      Number(find<HTMLSelectElement>('images').value),
      Number(find<HTMLInputElement>('epochs').value),
    ];
    const { x, y } = part(digits, TEST, TEST + images);
    const test = part(digits, 0, TEST);
    const backend = await this.backend();
    const model = network(find<HTMLSelectElement>('network').value as NetworkName, backend);
    this.stop = new AbortController();
    this.curve.reset();
    this.take(model);
    let [steps, start, drawn, loss] = [0, performance.now(), 0, 0];
    status(`training on ${backend.name} …`);
    await model.fit(x, y, {
      epochs,
      verbose: 0,
      signal: this.stop.signal,
      callbacks: [
        {
          onBatchEnd: (batch, logs) => {
            steps++;
            // The mean of the epoch so far: its change is the loss of this step.
            const own = batch === 0 ? logs.loss! : logs.loss! * (batch + 1) - loss * batch;
            loss = logs.loss!;
            this.curve.add(own);
            const now = performance.now();
            if (now - drawn < 60) return;
            drawn = now;
            this.curve.draw();
            show('loss', loss.toFixed(3));
            show('step', `${((now - start) / steps).toFixed(1)} ms`);
            show('rate', Math.round((32_000 * steps) / (now - start)).toLocaleString('en'));
          },
          onEpochEnd: async (epoch) => {
            const before = performance.now();
            const found = await model.evaluate(test.x, test.y);
            show('accuracy', `${(100 * found.accuracy!).toFixed(1)} %`);
            status(`epoch ${epoch + 1} of ${epochs} on ${backend.name}`);
            start += performance.now() - before;
            await this.read();
          },
        },
      ],
    });
    this.curve.draw();
    status(`trained on ${images} images in ${((performance.now() - start) / 1000).toFixed(1)} s on ${backend.name}`);
    this.take(model);
  }
}

function fill(
  select: HTMLSelectElement,
  options: readonly { value: string; label: string; missing?: string | null }[],
): void {
  for (const { value, label, missing } of options) {
    const option = new Option(missing ? `${label} (not here)` : label, value);
    option.disabled = Boolean(missing);
    if (missing) option.title = missing;
    select.add(option);
  }
}

function save(bytes: Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  link.download = 'digits.safetensors';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function listen(page: Playground): void {
  const [train, stop, place] = [
    find<HTMLButtonElement>('train'),
    find<HTMLButtonElement>('stop'),
    find<HTMLSelectElement>('backend'),
  ];
  const on = (id: string, what: string, work: () => unknown): void => {
    find(id).addEventListener('click', () => void Promise.resolve().then(work).catch(failed(what)));
  };
  on('clear', 'clearing', () => {
    page.pad.clear();
    return page.read();
  });
  on('sample', 'showing', async () => {
    const { x } = part(await page.all, 0, TEST);
    const i = Math.floor(Math.random() * TEST);
    page.pad.show(x.data.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
    return page.read();
  });
  train.addEventListener('click', async () => {
    const busy = (is: boolean): void => {
      [train.disabled, stop.disabled, place.disabled] = [is, !is, is];
    };
    busy(true);
    try {
      await page.train();
    } catch (error) {
      if ((error as Error).name === 'AbortError') status('stopped; the network keeps what it has learned');
      else failed('training')(error);
    }
    busy(false);
  });
  on('stop', 'stopping', () => page.stop?.abort());
  on('save', 'saving', async () => page.model && save(await page.model.toBytes()));
  on('restore', 'loading', () => page.first && page.use(page.first));
  find('file').addEventListener('change', async () => {
    const [file] = find<HTMLInputElement>('file').files ?? [];
    if (file) await page.use(new Uint8Array(await file.arrayBuffer())).catch(failed('loading'));
  });
  place.addEventListener('change', async () => {
    const bytes = await page.model?.toBytes();
    if (bytes) await page.use(bytes).catch(failed('moving'));
  });
}

const places = await choices();
fill(
  find('backend'),
  places.map(({ id, label, missing }) => ({ value: id, label, missing })),
);
fill(
  find('network'),
  Object.entries(NETWORKS).map(([value, { label }]) => ({ value, label })),
);
const page = new Playground(places);
const total = (await page.all).y.length - TEST;
fill(
  find('images'),
  [500, 1_000, total].map((n) => ({ value: String(n), label: n.toLocaleString('en') })),
);
find<HTMLSelectElement>('images').value = String(total);
listen(page);
page.first = new Uint8Array(await (await fetch('digits.safetensors')).arrayBuffer());
await page.use(page.first).catch(failed('loading'));
// For tests: the page is ready.
document.documentElement.dataset.ready = 'true';
