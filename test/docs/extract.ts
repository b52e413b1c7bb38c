/** A piece of code in the documentation that must run. */
export interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

/** The ```ts blocks of a Markdown text; ```ts no-run is only for reading. */
export function markdownExamples(file: string, text: string): Example[] {
  const found: Example[] = [];
  for (const match of text.matchAll(/^```ts[ \t]*\n([\s\S]*?)^```/gm)) {
    found.push({ file, line: lineOf(text, match.index), code: match[1]! });
  }
  return found;
}

/** The ```ts blocks of the doc comments of a source file. */
export function docExamples(file: string, text: string): Example[] {
  const found: Example[] = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const body = comment[0].replace(/^[ \t]*\* ?/gm, '');
    for (const block of body.matchAll(/^```ts[ \t]*\n([\s\S]*?)^```/gm)) {
      found.push({ file, line: lineOf(text, comment.index) + lineOf(body, block.index) - 1, code: block[1]! });
    }
  }
  return found;
}

/** The outputs an example promises: what stands behind `// → `, in order. */
export function promisedOutput(code: string): string[] {
  return [...code.matchAll(/\/\/ → (.*)$/gm)].map((m) => m[1]!.trim());
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;
