const NS = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [400, 180, 34, 160, 10];

/** The loss, step by step: each value faintly, and their running mean. */
export class Curve {
  readonly #svg: SVGSVGElement;
  #values: number[] = [];

  constructor(svg: SVGSVGElement) {
    this.#svg = svg;
    this.draw();
  }

  reset(): void {
    this.#values = [];
    this.draw();
  }

  add(value: number): void {
    this.#values.push(value);
  }

  draw(): void {
    const most = Math.max(0.5, ...this.#values);
    const top = most <= 1 ? Math.ceil(most * 4) / 4 : Math.ceil(most);
    const y = (v: number): number => BOTTOM - (v / top) * (BOTTOM - TOP);
    const x = (i: number): number => LEFT + (i / Math.max(1, this.#values.length - 1)) * (WIDTH - LEFT - 8);
    const parts: SVGElement[] = [];
    for (const share of [0, 0.5, 1]) {
      const at = y(share * top);
      parts.push(element('line', { x1: LEFT, x2: WIDTH - 8, y1: at, y2: at }));
      parts.push(text(String(share * top), LEFT - 6, at + 3, 'end'));
    }
    parts.push(text(`${this.#values.length} steps`, WIDTH - 8, HEIGHT - 5, 'end'));
    parts.push(text('loss', LEFT, HEIGHT - 5, 'start'));
    if (this.#values.length > 1) {
      const line = (values: readonly number[], kind: string): SVGElement =>
        element('polyline', {
          class: kind,
          points: values.map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(' '),
        });
      parts.push(line(this.#values, 'faint'), line(smooth(this.#values), 'mean'));
    }
    this.#svg.replaceChildren(...parts);
  }
}

function smooth(values: readonly number[]): number[] {
  let [sum, weight] = [0, 0];
  return values.map((v) => {
    [sum, weight] = [0.9 * sum + v, 0.9 * weight + 1];
    return sum / weight;
  });
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function text(content: string, x: number, y: number, anchor: string): SVGElement {
  const made = element('text', { x, y, 'text-anchor': anchor });
  made.textContent = content;
  return made;
}
