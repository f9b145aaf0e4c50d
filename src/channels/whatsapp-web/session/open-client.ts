import WhatsApp from 'whatsapp-web.js';
import type { Report, SessionSettings } from '../protocol.ts';

const { Client, LocalAuth } = WhatsApp;

/** What keeps Chromium small and quiet; the operator's own arguments come after. */
const quietArguments = [
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--disable-breakpad',
  '--disable-component-update',
  '--disable-background-networking',
  '--disable-sync',
  '--no-first-run',
  '--mute-audio',
];

/**
 * A client of whatsapp-web.js whose browser cannot outlive this process: it is driven over a pipe, at whose end Chromium ends
 * itself, however this process dies. `report` tells what the library keeps to itself: a crashed page, a browser that is gone.
 */
export function createClient(settings: SessionSettings, report: (report: Report) => void): WhatsApp.Client {
  const profile = new LocalAuth({ clientId: settings.account, dataPath: settings.profilesDir });
  const client = new Client({
    authStrategy: profile,
    webVersionCache: { type: 'none' },
    puppeteer: {
      headless: true,
      pipe: true,
      executablePath: settings.chromiumPath,
      args: [...quietArguments, ...settings.chromiumArgs],
      // The parent says when to close, and then gracefully: a session that is cut off may be lost.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    },
  });

  // The library closes the browser by itself when WhatsApp lets go. A second close meanwhile would have puppeteer kill it, before
  // it has written what links it to the phone (seen: the session was lost).
  const destroy = client.destroy.bind(client);
  let closing: Promise<void> | null = null;
  client.destroy = () => (closing ??= destroy());

  profile.afterBrowserInitialized = async () => {
    const pid = client.pupBrowser?.process()?.pid;
    if (pid !== undefined) report({ is: 'browser', pid });
    client.pupBrowser?.on('disconnected', () => report({ is: 'fault', reason: 'browser-gone' }));
    client.pupPage?.on('error', () => report({ is: 'fault', reason: 'page-crashed' }));
  };
  // The library would remove the profile under its running browser; the parent does so after it.
  profile.logout = async () => {};

  client.on('qr', (qr) => report({ is: 'qr', qr: qr.slice(0, 1_000) }));
  client.on('ready', () => report({ is: 'ready', phone: client.info.wid.user.slice(0, 30) }));
  client.on('disconnected', (reason) =>
    // The library's types name fewer reasons than it gives.
    report(
      String(reason) === 'LOGOUT' ? { is: 'logged-out' } : { is: 'disconnected', state: String(reason).slice(0, 100) },
    ),
  );
  client.on('auth_failure', () => report({ is: 'fault', reason: 'login-refused' }));
  client.on('message_ack', ({ id, fromMe }, grade) => {
    if (fromMe) report({ is: 'grade', messageId: id.id, grade });
  });
  return client;
}
