import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A Redis of this run's own, `noeviction` and empty at start; null when there is none. Take a key prefix or a database of your own. */
    redisUrl: string | null;
    /** A MongoDB for this run, without a database name; null when there is none. Take a database name of your own. */
    mongodbUri: string | null;
  }
}

/** A server that this run started, and how to stop it. */
interface Service {
  readonly url: string;
  stop(): Promise<void>;
}

const giveUpMongoDownloadMs = 20_000;

/**
 * Vitest's global set-up: starts the servers that the test files of this run name (`inject('redisUrl')`, `inject('mongodbUri')`,
 * in the file itself or in what it imports from `test/`), and stops them at the end. A server that cannot be had is one line on
 * the screen and null for the tests, which skip themselves: `describe.skipIf(inject('redisUrl') === null)`.
 */
export default async function startServices(project: TestProject): Promise<() => Promise<void>> {
  const named = await namedIn(await filesOf(project), ['redisUrl', 'mongodbUri']);
  const started: Service[] = [];
  const start = async (name: 'redisUrl' | 'mongodbUri', title: string, open: () => Promise<Service>) => {
    let url: string | null = null;
    if (named.has(name)) {
      try {
        const service = await open();
        started.push(service);
        url = service.url;
      } catch (error) {
        console.log(`skipped: tests on ${title}, because ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    project.provide(name, url);
  };
  await Promise.all([start('redisUrl', 'Redis', startRedis), start('mongodbUri', 'MongoDB', startMongo)]);
  return async () => {
    await Promise.all(started.map((service) => service.stop()));
  };
}

async function startRedis(): Promise<Service> {
  const binary = await onPath('redis-server');
  if (binary === null) throw new Error('no redis-server is on PATH');
  const folder = await mkdtemp(join(tmpdir(), 'wasl-redis-'));
  const port = await freePort();
  const settings = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction', '--bind', '127.0.0.1'];
  const child = spawn(binary, ['--port', String(port), '--dir', folder, ...settings], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    await listening(port, gone);
  } catch (error) {
    kill();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      process.removeListener('exit', kill);
      kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** MONGODB_TEST_URI, else the binary of MONGOMS_SYSTEM_BINARY, else a mongod on PATH, else mongodb-memory-server's own download. */
export async function startMongo(): Promise<Service> {
  const given = process.env['MONGODB_TEST_URI'];
  if (given !== undefined && given !== '') return { url: given, stop: async () => {} };
  const { MongoBinary, MongoMemoryServer } = await import('mongodb-memory-server');
  const found = process.env['MONGOMS_SYSTEM_BINARY'] || (await onPath('mongod'));
  const systemBinary = found ?? (await downloaded(MongoBinary.getPath()));
  await access(systemBinary, constants.X_OK);
  const instance = { ip: '127.0.0.1', launchTimeout: 60_000 };
  const server = await MongoMemoryServer.create({ instance, binary: { systemBinary } });
  return { url: server.getUri().replace(/\/$/, ''), stop: async () => void (await server.stop()) };
}

/** Where the download has put mongod; an error when it failed or takes too long. */
async function downloaded(path: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`over ${giveUpMongoDownloadMs / 1000} s`)), giveUpMongoDownloadMs);
  });
  try {
    return await Promise.race([path, late]);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error);
    throw new Error(`no mongod is on PATH or in MONGOMS_SYSTEM_BINARY, and downloading one failed (${reason})`);
  } finally {
    clearTimeout(timer);
  }
}

async function onPath(program: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, program);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

/** Resolves when a connection to the port is accepted; throws when the process ended first or after ten seconds. */
async function listening(port: number, gone: Promise<unknown>): Promise<void> {
  let ended = false;
  void gone.then(() => (ended = true));
  for (let tries = 0; tries < 500 && !ended; tries++) {
    const accepted = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1')
        .once('connect', () => done(true))
        .once('error', () => done(false));
      socket.once('connect', () => socket.destroy());
    });
    if (accepted) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(ended ? 'redis-server ended at once' : 'redis-server did not listen within ten seconds');
}

/** The test files of this run; all of the project's when the command line does not say. */
async function filesOf(project: TestProject): Promise<readonly string[]> {
  // Not in Vitest's types; without it every file counts and the servers are started, which is only slower.
  const { filenamePattern } = project.vitest as unknown as { filenamePattern?: string[] };
  const chosen = (await project.globTestFiles(filenamePattern)).testFiles;
  return chosen.length > 0 ? chosen : (await project.globTestFiles()).testFiles;
}

/** Which of the words stand in these files or in the test files they import. */
async function namedIn(files: readonly string[], words: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const waiting = [...files];
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined && found.size < words.length; file = waiting.pop()) {
    const source = await readFile(file, 'utf8').catch(() => '');
    for (const word of words) if (source.includes(word)) found.add(word);
    for (const [, path] of source.matchAll(/(?:from|import\()\s*'(\.[^']+\.ts)'/g)) {
      const imported = resolve(dirname(file), path ?? '');
      if (!imported.includes('/test/') || imported === import.meta.filename || seen.has(imported)) continue;
      seen.add(imported);
      waiting.push(imported);
    }
  }
  return found;
}
