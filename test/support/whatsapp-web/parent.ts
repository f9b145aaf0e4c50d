import { createWhatsappWebAdapter, type WhatsappWebOptions } from '../../../src/channels/whatsapp-web/adapter.ts';
import { systemClock } from '../../../src/ports/clock.ts';

/*
 * A process that holds a session and nothing else, for tests that kill it: `parent.ts <options as JSON>`. Prints each state on a line.
 */
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const given = JSON.parse(process.argv[2] ?? '{}') as Pick<
  WhatsappWebOptions,
  'dataDir' | 'chromiumPath' | 'chromiumArgs'
>;

const adapter = createWhatsappWebAdapter({
  account: 'main',
  ...given,
  memory: { get: async () => null, set: async () => {} },
  messagesPerMinute: 20,
  clock: systemClock,
  log: silent,
  pulseMs: 200,
});
adapter.onStateChange(({ is }) => process.stdout.write(`${is}\n`));
await adapter.start({ accept: async () => {} });
setInterval(() => {}, 60_000);
