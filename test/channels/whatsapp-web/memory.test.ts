import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer, type BuiltServer } from '../../support/built-server.ts';
import { findChromium } from '../../support/open-chromium.ts';
import { pollUntil } from '../../support/poll-until.ts';
import { startServer, type ServerProcess } from '../../support/server-process.ts';
import { WhatsappStandIn } from '../../support/whatsapp-web/stand-in.ts';
import { findBrowsers, slowMs } from './set-up.ts';

const chromium = findChromium('the test of a server with three phones');
const mostMegabytes = 200;

describe.skipIf(chromium === null)('a server with three phones linked', { timeout: 240_000 }, () => {
  let whatsapp: WhatsappStandIn;
  let built: BuiltServer;
  let dataDir: string;
  const started: ServerProcess[] = [];
  beforeAll(async () => {
    [whatsapp, built, dataDir] = await Promise.all([
      new WhatsappStandIn().start(),
      buildServer(),
      mkdtemp(join(tmpdir(), 'wasl-whatsapp-web-')),
    ]);
  }, 90_000);
  afterAll(async () => {
    for (const server of started) await server.kill();
    await whatsapp.stop();
    await built.remove();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  async function start() {
    const server = startServer(built.main, {
      WHATSAPP_WEB: 'on',
      CHROMIUM_PATH: chromium ?? '',
      WHATSAPP_WEB_CHROMIUM_ARGS: whatsapp.chromiumArgs.join(' '),
      DATA_DIR: dataDir,
    });
    started.push(server);
    const address = await server.ready;
    const token = (await readFile(join(dataDir, 'officer-token'), 'utf8')).trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const url = `${address}/api/channels`;
    const reach = (is: string) =>
      pollUntil(
        `all three are ${is}`,
        async () => {
          const { channels } = (await (await fetch(url, { headers })).json()) as {
            channels: { status?: { is: string } }[];
          };
          const states = channels.flatMap(({ status }) => status?.is ?? []);
          return states.length === 3 && states.every((state) => state === is);
        },
        3 * slowMs,
      );
    const add = async (account: string) => {
      const body = JSON.stringify({ channel: 'whatsapp-web', account });
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(201);
    };
    return { server, reach, add };
  }

  const browsers = () => findBrowsers(join(dataDir, 'whatsapp-web'), 'browser');

  async function megabytesOf(pid: number): Promise<number> {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  it(`holds them in a process below ${mostMegabytes} MB, and leaves no browser, however it ends`, async () => {
    const first = await start();
    await first.add('second');
    await first.add('third');
    await first.reach('pairing');
    whatsapp.scanQr();
    await first.reach('ready');
    expect(await browsers()).toHaveLength(3);
    const megabytes = await megabytesOf(first.server.pid);
    console.log(`three phones linked: the server's own process takes ${megabytes.toFixed(0)} MB`);
    expect(megabytes).toBeLessThan(mostMegabytes);
    first.server.signal('SIGTERM');
    expect(await first.server.exited).toEqual({ code: 0, signal: null });
    expect(await browsers()).toEqual([]);

    // Their profiles keep the links, and the store the accounts.
    const { server } = await start();
    // The API may still tell what the first process said last.
    const isReady = (line: string) => line.includes('"stage":"ready"');
    await pollUntil('all three are linked again', () => server.lines.filter(isReady).length >= 3, 3 * slowMs);
    expect(await browsers()).toHaveLength(3);
    await server.kill();
    await pollUntil('the browsers are gone', async () => (await browsers()).length === 0);
  });
});
