/** Something that holds memory until it is disposed. */
export interface Owned {
  readonly pinnedBy: Trace | null;
  /** The number of the walk that met it last; see `newMark`. */
  readonly mark?: number;
  readonly isDisposed?: boolean;
  dispose(): void;
}

let marks = 0;

/** A number that nothing is marked with yet. */
export function newMark(): number {
  return ++marks;
}

/** One differentiation in progress. What it recorded must outlive every scope opened after it began. */
export interface Trace {
  /** Position in the order in which traces and scopes were opened: a nested one has the higher number. */
  readonly id: number;
  active: boolean;
}

/** The part of Node's AsyncLocalStorage that is used here. */
interface AsyncContext<T> {
  run<R>(store: T, fn: () => R): R;
  getStore(): T | undefined;
}

let opened = 0;
/** The frames being run, innermost last; null where code runs outside of all of them. */
const stack: (Frame | null)[] = [];
let openAsyncFrames = 0;
/** Follows async scopes across `await` where the platform can (Node); null once found missing. */
let asyncContext: AsyncContext<Frame> | null | undefined;

/** Starts a trace; nothing it pins is freed by a scope opened later, until `active` is set to false. */
export function openTrace(): Trace {
  return { id: ++opened, active: true };
}

/** A scope looks for what has been disposed when it owns so many. */
const CROWD = 1024;

/** The tensors made while one `scope` call runs. */
export class Frame {
  readonly id = ++opened;
  readonly parent = currentFrame();
  /** A list: most of what a scope makes is small, and entering it into a set would cost more than computing it. */
  #owned: Owned[] = [];
  #crowd = CROWD;
  #closed = false;

  get isClosed(): boolean {
    return this.#closed;
  }

  add(item: Owned): void {
    if (this.#owned.length === this.#crowd) {
      // In a scope that is open for long, most have been disposed.
      this.#owned = this.#owned.filter((own) => own.isDisposed !== true);
      this.#crowd = Math.max(CROWD, 2 * this.#owned.length);
    }
    this.#owned.push(item);
  }

  /** Runs `fn` with this frame current; what it makes, also after its first `await` where the platform can tell, is added. */
  run<T>(fn: () => T): T {
    stack.push(this);
    try {
      const context = getAsyncContext();
      return context ? context.run(this, fn) : fn();
    } finally {
      stack.pop();
    }
  }

  /** Counts the frame as open across awaits, so that `currentFrame` looks for it there. */
  enterAsync(): void {
    openAsyncFrames++;
  }

  leaveAsync(): void {
    openAsyncFrames--;
  }

  /** Frees what is owned, except what is marked with `kept` and what an older, still active trace needs: those move to the parent. */
  close(kept: number): void {
    for (const item of this.#owned) {
      const pin = item.pinnedBy;
      const needed = pin?.active && pin.id < this.id;
      if (needed || item.mark === kept) this.parent?.add(item);
      else item.dispose();
    }
    this.#owned = [];
    this.#closed = true;
  }
}

/** The innermost open scope for code that runs now, if any. */
export function currentFrame(): Frame | undefined {
  if (stack.length > 0) return stack[stack.length - 1] ?? undefined;
  return openAsyncFrames > 0 ? asyncContext?.getStore() : undefined;
}

/**
 * Runs `fn`, which must not wait, as if it stood in the scope `owner`: what it makes lives as long as that scope, or the
 * nearest one around it that is still open; outside of all scopes when there is none. For objects such as models, which
 * replace their tensors while other scopes are open and must not lose them when those end.
 */
export function runWithin<T>(owner: Frame | undefined, fn: () => T): T {
  let frame = owner;
  while (frame?.isClosed) frame = frame.parent;
  if (frame !== undefined) return frame.run(fn);
  stack.push(null);
  try {
    return fn();
  } finally {
    stack.pop();
  }
}

function getAsyncContext(): AsyncContext<Frame> | null {
  if (asyncContext !== undefined) return asyncContext;
  const host = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  const hooks = host.process?.getBuiltinModule?.('node:async_hooks') as
    | { AsyncLocalStorage: new () => AsyncContext<Frame> }
    | undefined;
  asyncContext = hooks ? new hooks.AsyncLocalStorage() : null;
  return asyncContext;
}
