import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer, type BuiltServer } from '../../support/built-server.ts';
import { findChromium } from '../../support/open-chromium.ts';
import { pollUntil } from '../../support/poll-until.ts';
import { startServer, type ServerProcess } from '../../support/server-process.ts';
import { WhatsappStandIn } from '../../support/whatsapp-web/stand-in.ts';
import { findBrowsers, salma, slowMs } from './set-up.ts';

const chromium = findChromium('the test of a server with WhatsApp Web');

describe.skipIf(chromium === null)('the built server with WHATSAPP_WEB=on', { timeout: 90_000 }, () => {
  let whatsapp: WhatsappStandIn;
  let built: BuiltServer;
  let server: ServerProcess;
  let dataDir: string;
  beforeAll(async () => {
    [whatsapp, built, dataDir] = await Promise.all([
      new WhatsappStandIn().start(),
      buildServer(),
      mkdtemp(join(tmpdir(), 'wasl-whatsapp-web-')),
    ]);
    server = startServer(built.main, {
      WHATSAPP_WEB: 'on',
      CHROMIUM_PATH: chromium ?? '',
      WHATSAPP_WEB_CHROMIUM_ARGS: whatsapp.chromiumArgs.join(' '),
      DATA_DIR: dataDir,
    });
  }, 90_000);
  afterAll(async () => {
    await server.kill();
    await whatsapp.stop();
    await built.remove();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  it('warns, shows officers the code, answers who writes, and leaves no browser when it stops', async () => {
    const address = await server.ready;
    const token = (await readFile(join(dataDir, 'officer-token'), 'utf8')).trim();
    const status = async () => {
      const response = await fetch(`${address}/api/channels`, { headers: { authorization: `Bearer ${token}` } });
      const { channels } = (await response.json()) as { channels: { channel: string; status?: { is: string } }[] };
      return channels.find(({ channel }) => channel === 'whatsapp-web')?.status;
    };
    await pollUntil('the code is shown', async () => (await status())?.is === 'pairing', slowMs);
    expect(await status()).toMatchObject({ qr: expect.stringContaining('2@') as string });
    expect(server.lines.some((line) => line.includes('WhatsApp Web is unofficial'))).toBe(true);
    whatsapp.scanQr();
    await pollUntil('the phone is linked', async () => (await status())?.is === 'ready', slowMs);

    whatsapp.incoming(salma, { body: 'السلام عليكم', name: 'سلمى' });
    await pollUntil('an answer came', () => whatsapp.sent.some(({ chat }) => chat === salma), slowMs);
    expect(whatsapp.sent[0]?.['body']).toMatch(/\p{Script=Arabic}/u);

    server.signal('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(await findBrowsers(join(dataDir, 'whatsapp-web'), 'browser')).toEqual([]);
  });
});
