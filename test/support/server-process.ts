import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How a process ended: its exit code, or the signal that killed it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One real server process. */
export interface ServerProcess {
  readonly pid: number;
  /** Everything it wrote to its standard output and error, line by line. */
  readonly lines: readonly string[];
  readonly startedAt: number;
  readonly exited: Promise<Exit>;
  /** Resolves with its address when it says that it is ready; rejects with what it wrote when it ends before. */
  readonly ready: Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, and gone when it resolves. */
  kill(): Promise<void>;
}

/** Lines kept of a process that talks a lot. */
const keptLines = 20_000;

/** Starts `node <main>` with these settings and no other environment than PATH. It dies with the process that started it. */
export function startServer(main: string, settings: Readonly<Record<string, string>>): ServerProcess {
  const startedAt = Date.now();
  const child = spawn(process.execPath, ['--enable-source-maps', main], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const dieToo = () => child.kill('SIGKILL');
  process.once('exit', dieToo);
  const exited = once(child, 'close').then(([code, signal]): Exit => {
    process.removeListener('exit', dieToo);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null }; // As Node documents 'close'.
  });

  const lines: string[] = [];
  const ready = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > keptLines) lines.splice(0, keptLines / 2);
        const address = line.includes('"msg":"Wasl is ready"') && /"address":"([^"]+)"/.exec(line)?.[1];
        if (address) resolve(address);
      });
    }
    void exited.then(() => reject(new Error(`the server ended before it was ready:\n${lines.slice(-20).join('\n')}`)));
  });
  ready.catch(() => {}); // Whoever does not wait for it does not care.

  return {
    pid: child.pid ?? 0,
    lines,
    startedAt,
    exited,
    ready,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
