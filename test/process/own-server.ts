import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildServer, localesDir } from '../support/built-server.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { TelegramEmulator } from '../support/telegram-emulator.ts';

/** What one test has for itself: a built server to start, a Telegram and a data folder. */
export interface OwnServer {
  readonly main: string;
  readonly emulator: TelegramEmulator;
  readonly dataDir: string;
  /** Starts a process whose Telegram and data folder are these. */
  start(settings?: Readonly<Record<string, string>>): ServerProcess;
  /** Starts one and waits until it is ready. Gives its address too. */
  startReady(settings?: Readonly<Record<string, string>>): Promise<{ server: ServerProcess; url: string }>;
  /** Kills what still runs and removes the folder. */
  remove(): Promise<void>;
}

let built: ReturnType<typeof buildServer> | null = null;

/** Built once for each test file; call `removeBuilt` after its tests. */
export async function ownServer(): Promise<OwnServer> {
  built ??= buildServer();
  const { main } = await built;
  const emulator = await new TelegramEmulator().start();
  const dataDir = await mkdtemp(join(tmpdir(), 'wasl-process-'));
  const servers: ServerProcess[] = [];

  function start(settings: Readonly<Record<string, string>> = {}): ServerProcess {
    const server = startServer(main, {
      TELEGRAM_BOT_TOKEN: emulator.token,
      TELEGRAM_API_ROOT: emulator.apiRoot,
      FLOWS_DIR: join(import.meta.dirname, 'flows'),
      LOCALES_DIR: localesDir,
      DATA_DIR: dataDir,
      ...settings,
    });
    servers.push(server);
    return server;
  }

  return {
    main,
    emulator,
    dataDir,
    start,
    async startReady(settings) {
      const server = start(settings);
      return { server, url: await server.ready };
    },
    async remove() {
      await Promise.all(servers.map((server) => server.kill()));
      await emulator.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function removeBuilt(): Promise<void> {
  await (await built)?.remove();
}

/** A GET of the officers' API. */
export async function askAsOfficer(dataDir: string, url: string): Promise<{ status: number; body: unknown }> {
  const token = (await readFile(join(dataDir, 'officer-token'), 'utf8')).trim();
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: await response.json() };
}

/** The settings of the flow that answers every message with itself. */
export const echoFlows = { FLOWS_DIR: join(import.meta.dirname, '../soak/flows') };
