import { setTimeout as pause } from 'node:timers/promises';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import type { Backend } from './backend.ts';
import type { Kill } from './verdict.ts';

/** A stop may take ten seconds. */
const stopLimitMs = 10_000;

/** Where a server process runs: killed there, another one is started at once. */
export function createPlace(
  { main, settings }: { main: string; settings: Readonly<Record<string, string>> },
  backend: Backend,
) {
  const kills: Promise<Kill>[] = [];
  const problems: string[] = [];
  const readyMs: number[] = [];
  let isMeant = false;
  let current = start();

  function start(): ServerProcess {
    const server = startServer(main, settings);
    isMeant = false;
    server.ready.then(
      () => readyMs.push(Date.now() - server.startedAt),
      () => {},
    );
    void server.exited.then(({ code, signal }) => {
      const last = server.lines.slice(-5).join(' | ');
      if (!isMeant) problems.push(`a server ended by itself (${code ?? signal}): ${last}`);
    });
    return server;
  }

  return {
    problems,
    readyMs,
    get current() {
      return current;
    },
    kills: () => Promise.all(kills),
    async kill(): Promise<void> {
      isMeant = true;
      const at = Date.now();
      await current.kill();
      const readUnrecorded = await backend.lookAtDead(current.pid);
      const restartedAt = Date.now();
      current = start();
      const kill = readUnrecorded().then((unrecorded) => ({ at, restartedAt, unrecorded }));
      kill.catch(() => {}); // Told by `kills`.
      kills.push(kill);
    },
    /** SIGTERM; a server that does not end by itself in time, and with 0, is a problem. */
    async stop(): Promise<void> {
      isMeant = true;
      current.signal('SIGTERM');
      const exit = await Promise.race([current.exited, pause(stopLimitMs, null)]);
      if (exit?.code !== 0)
        problems.push(`a server that was told to stop ended with ${exit ? (exit.code ?? exit.signal) : 'nothing'}`);
    },
    async end(): Promise<void> {
      isMeant = true;
      await current.kill();
    },
  };
}

export type Place = ReturnType<typeof createPlace>;
