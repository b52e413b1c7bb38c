/** Side of the pictures that the networks see. */
export const SIDE = 28;

/** A canvas to draw on by mouse, finger or pen. */
export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #last: { x: number; y: number } | null = null;

  /** @param onStroke - called when something was drawn. */
  constructor(canvas: HTMLCanvasElement, onStroke: () => void) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    Object.assign(this.#context, { lineWidth: 22, lineCap: 'round', lineJoin: 'round', strokeStyle: '#fff' });
    this.clear();
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#last = this.#place(event);
      this.#lineTo(this.#last);
      onStroke();
    });
    canvas.addEventListener('pointermove', (event) => {
      if (this.#last === null) return;
      this.#lineTo(this.#place(event));
      onStroke();
    });
    for (const end of ['pointerup', 'pointercancel'] as const)
      canvas.addEventListener(end, () => {
        this.#last = null;
      });
  }

  clear(): void {
    this.#context.fillStyle = '#0d0e10';
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Shows a picture of `SIDE` × `SIDE` values in [0, 1]. */
  show(picture: ArrayLike<number>): void {
    const small = new ImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) small.data.set([255, 255, 255, 255 * picture[i]!], 4 * i);
    const own = document.createElement('canvas');
    own.width = own.height = SIDE;
    own.getContext('2d')!.putImageData(small, 0, 0);
    this.clear();
    this.#context.drawImage(own, 0, 0, this.#canvas.width, this.#canvas.height);
  }

  /**
   * What is drawn, as MNIST has it: 20 pixels at most, its centre of mass in the middle; null where nothing is.
   */
  read(): Float32Array | null {
    const { width, height } = this.#canvas;
    const { data } = this.#context.getImageData(0, 0, width, height);
    const ink = (x: number, y: number): number => Math.max(0, (data[4 * (y * width + x)]! - 16) / 239);
    let [left, top, right, bottom] = [width, height, -1, -1];
    let [mass, cx, cy] = [0, 0, 0];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const v = ink(x, y);
        if (v < 0.1) continue;
        [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
        [mass, cx, cy] = [mass + v, cx + v * x, cy + v * y];
      }
    if (right < 0) return null;
    const scale = Math.max(right - left + 1, bottom - top + 1) / 20;
    return shrunk(ink, width, height, scale, cx / mass, cy / mass);
  }

  #place(event: PointerEvent): { x: number; y: number } {
    const box = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  #lineTo(to: { x: number; y: number }): void {
    const from = this.#last ?? to;
    this.#context.beginPath();
    this.#context.moveTo(from.x, from.y);
    this.#context.lineTo(to.x, to.y);
    this.#context.stroke();
    this.#last = to;
  }
}

/** The mean of the ink under each small pixel. */
function shrunk(
  ink: (x: number, y: number) => number,
  width: number,
  height: number,
  scale: number,
  cx: number,
  cy: number,
): Float32Array {
  const samples = Math.max(1, Math.ceil(scale / 2));
  const out = new Float32Array(SIDE * SIDE);
  for (let v = 0; v < SIDE; v++)
    for (let u = 0; u < SIDE; u++) {
      let sum = 0;
      for (let j = 0; j < samples; j++)
        for (let i = 0; i < samples; i++) {
          const x = Math.round(cx + (u - SIDE / 2 + (i + 0.5) / samples) * scale);
          const y = Math.round(cy + (v - SIDE / 2 + (j + 0.5) / samples) * scale);
          if (x >= 0 && y >= 0 && x < width && y < height) sum += ink(x, y);
        }
      out[v * SIDE + u] = sum / samples ** 2;
    }
  return out;
}
