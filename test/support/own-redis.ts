import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pollUntil } from './poll-until.ts';

/** Why no Redis can be started by a test, or null when one can. */
export function whyNoRedis(): string | null {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).error ? 'no redis-server is on PATH' : null;
}

/** A Redis that one test file owns, so that it may kill it, hang it and start it again on the same port, empty. */
export interface OwnRedis {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Stops answering while connections stay open. */
  hang(): void;
  resume(): void;
  remove(): Promise<void>;
}

export async function ownRedis(maxmemoryPolicy = 'noeviction'): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'wasl-own-redis-'));
  const port = await freePort();
  let child: ChildProcess | null = null;
  const killAtExit = () => child?.kill('SIGKILL');
  process.once('exit', killAtExit);

  async function kill(): Promise<void> {
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    child = null;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const settings = ['--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'];
      const arguments_ = ['--port', String(port), '--dir', folder, '--maxmemory-policy', maxmemoryPolicy, ...settings];
      child = spawn('redis-server', arguments_, { stdio: 'ignore' });
      await pollUntil('the Redis of the test listens', () => isListening(port));
    },
    kill,
    hang: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async remove() {
      process.removeListener('exit', killAtExit);
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
