import { createHmac, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { createScreenMedia } from './channels/shared/screen-media.ts';
import { splitContent } from './channels/shared/split-content.ts';
import { readConfig, type Config } from './config.ts';
import { openAssistant } from './content/assistant.ts';
import { createLog } from './create-log.ts';
import { AppError } from './domain/errors.ts';
import { createApp } from './http/app.ts';
import { faqRoutes } from './http/routes/faq.ts';
import { faqWordsRoutes } from './http/routes/faq-words.ts';
import { caseRoutes } from './http/routes/cases.ts';
import { channelRoutes } from './http/routes/channels.ts';
import { healthRoutes } from './http/routes/health.ts';
import { metricsRoutes } from './http/routes/metrics.ts';
import { officerRoutes } from './http/routes/officers.ts';
import { organisationRoutes } from './http/routes/organisation.ts';
import { templateRoutes } from './http/routes/templates.ts';
import { chatPageRoutes } from './http/routes/chat-page.ts';
import { webChatRoutes } from './http/routes/web-chat.ts';
import { webhookRoutes } from './http/routes/webhooks.ts';
import { openBackends } from './open-backends.ts';
import { openChannels } from './open-channels.ts';
import { openMetrics } from './open-metrics.ts';
import { systemClock as clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import { createFaqDesk } from './runtime/faq-desk.ts';
import { createFaqReview } from './runtime/faq-review.ts';
import { createFaqWordsDesk } from './runtime/faq-words.ts';
import { createFlowCall } from './runtime/flow-call.ts';
import { createRuntime } from './runtime/runtime.ts';
import { createTemplateDesk } from './runtime/template-desk.ts';
import { createPairingScreen } from './show-pairing.ts';
import { openRepositories } from './store/repositories.ts';

/** What a stop may take; a platform or supervisor kills after ten seconds. */
const stopLimitMs = 9_000;

/** Opens everything, in the order things depend on each other. Returns what closes it, in the opposite one. */
async function start(config: Config, log: Log): Promise<() => Promise<void>> {
  const backends = await openBackends(config, clock, log);
  const { store, queue, broadcast, budget, isSoleProcess } = backends;
  const processes = isSoleProcess ? 'one' : 'several';
  const repositories = await openRepositories({ store, secretKey: config.secretKey, log, clock, processes });
  const assistant = await openAssistant({ config, repositories, broadcast, clock, log });

  const { languages } = assistant.translate;
  if (!languages.includes(config.defaultLanguage))
    throw invalid('DEFAULT_LANGUAGE', `one of ${languages.join(', ')}, which LOCALES_DIR has`, languages[0] ?? 'ar');

  const processName = `${hostname().replace(/[^\w.]/g, '_')}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const channels = await openChannels({
    ...{ config, repositories, broadcast, clock, log, processName },
    onStatus: createPairingScreen({ terminal: process.stdout, translate: assistant.translate, now: clock.now }),
    runtime: () => runtime,
  });
  const registry = new Registry();
  const meter = openMetrics({
    ...{ registry, accounts: channels.accounts, statuses: channels.statuses, messages: repositories.messages, clock },
    lanesWaiting: () => runtime.lanesWaiting(),
  });
  const runtime = createRuntime({
    ...{ repositories, queue, broadcast, budget, meter, clock, log },
    processName,
    isSoleWorker: isSoleProcess,
    accounts: channels.accounts,
    split: splitContent,
    screenMedia: createScreenMedia(config.mediaRules),
    keepFilesMs: config.fileRetentionDays === 0 ? null : config.fileRetentionDays * 86_400_000,
    call: createFlowCall(),
    program: assistant.program,
    translate: assistant.translate,
    organisation: assistant.organisation,
    languages: assistant.translate.languages,
    defaultLanguage: config.defaultLanguage,
    timeZone: config.timeZone,
    hooks: { released: 'menu', closed: 'satisfaction-survey', caseChanged: 'case-news' },
  });

  const health = healthRoutes([
    { name: 'store', check: () => store.ping() },
    { name: 'queue', check: () => queue.ping() },
  ]);
  const metrics = metricsRoutes({ registry, token: config.metricsToken });
  const token = config.officerToken;
  const { faq, contentChanged } = assistant;
  const app = await createApp({
    log,
    routes:
      config.role === 'worker'
        ? [health, metrics]
        : [
            health,
            metrics,
            webhookRoutes(channels.webhooks),
            officerRoutes({
              ...{ handoff: runtime.handoff, repositories, openFile: channels.webChat.openFile, clock, token },
            }),
            caseRoutes({ handoff: runtime.handoff, repositories, clock, token }),
            channelRoutes({ desk: channels.desk, token }),
            templateRoutes({
              desk: createTemplateDesk({ accounts: channels.accounts, repositories, handoff: runtime.handoff }),
              ...{ repositories, clock, token },
            }),
            organisationRoutes({
              token,
              read: assistant.organisation,
              save: assistant.saveOrganisation,
              missingFacts: assistant.missingFacts,
            }),
            faqRoutes({
              desk: createFaqDesk({ repositories, faq, contentChanged, clock }),
              review: createFaqReview({ repositories, faq, contentChanged, clock }),
              token,
            }),
            faqWordsRoutes({ words: createFaqWordsDesk({ repositories, contentChanged, clock }), token }),
            chatPageRoutes({
              webDir: join(fileURLToPath(new URL('.', import.meta.url)), 'web'),
              uploads: channels.webChat.uploads,
            }),
            webChatRoutes({
              ...{ channel: channels.webChat, intake: runtime.intake, repositories, broadcast, clock, log },
              sessionKey: createHmac('sha256', config.secretKey).update('web-chat session').digest(),
            }),
          ],
  });

  if (config.role !== 'web') await runtime.startWorker();
  const address = await listen(app, config);
  log.info({ role: config.role, address }, 'Wasl is ready');
  if (config.role !== 'worker') greet(config, address);

  return async () => {
    await app.close();
    await runtime.close();
    await channels.close();
    await assistant.close();
    await backends.close();
  };
}

/** Says to the person at the terminal where to go; secrets are named by their files only. */
function greet(config: Config, address: string): void {
  const lines = [
    `Wasl (وصل) is ready: ${address}/chat`,
    `Officers' token: ${join(config.dataDir, 'officer-token')}`,
    ...(config.isSecretKeyNew
      ? [
          `A new SECRET_KEY seals this store: ${join(config.dataDir, 'secret-key')}. Keep a copy elsewhere: losing it loses the data.`,
        ]
      : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A port that is taken or a host that is not this machine's is a wrong setting, told as one. */
async function listen(app: Awaited<ReturnType<typeof createApp>>, { port, host }: Config): Promise<string> {
  try {
    return await app.listen({ port, host });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const isHost = code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
    if (isHost) throw invalid('HOST', `an address of this machine (${host} is none)`, 'HOST=127.0.0.1', cause);
    if (code === 'EADDRINUSE') throw invalid('PORT', `a free port (${port} is taken)`, `PORT=${port + 1}`, cause);
    if (code === 'EACCES') throw invalid('PORT', `a port this user may open (${port} is not)`, 'PORT=3000', cause);
    throw cause;
  }
}

function invalid(name: string, expected: string, example: string, cause?: unknown): AppError {
  return new AppError('config-invalid', `${name}: expected ${expected}, for example ${example}`, { cause });
}

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  process.on('uncaughtException', (error) => {
    // A mistake of ours, after which nothing is sure. What is stored is safe, and a new start goes on from there.
    log.error({ error }, 'Wasl ends: an error was not expected anywhere');
    process.exit(1);
  });

  const starting = start(config, log);
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      log.info({ signal }, 'Wasl is stopping');
      const limit = pause(stopLimitMs, undefined, { ref: false }).then(() => log.warn({}, 'the stop took too long'));
      void Promise.race([starting.then((close) => close()), limit])
        .catch((error: unknown) => log.error({ error }, 'the stop failed'))
        .finally(() => process.exit(0));
    });
  }
  await starting;
}

main().catch((error: unknown) => {
  // A wrong setting or a locked store is the operator's to mend: one line, no stack.
  process.stderr.write(`${error instanceof AppError ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exit(1);
});
