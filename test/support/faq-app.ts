import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAssistant, type Assistant } from '../../src/content/assistant.ts';
import { createApp } from '../../src/http/app.ts';
import { faqRoutes } from '../../src/http/routes/faq.ts';
import { faqWordsRoutes } from '../../src/http/routes/faq-words.ts';
import { systemClock as clock } from '../../src/ports/clock.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import type { Store } from '../../src/ports/store.ts';
import { createInProcessBroadcast } from '../../src/queue/in-process/broadcast.ts';
import { createFaqDesk } from '../../src/runtime/faq-desk.ts';
import { createFaqReview } from '../../src/runtime/faq-review.ts';
import { createFaqWordsDesk } from '../../src/runtime/faq-words.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { openTemporaryStore, silentLog, testSecretKey } from './world.ts';

/** The routes of the FAQ over a store and an assistant of their own, with a FAQ of one entry. */
export interface FaqApp {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly assistant: Assistant;
  /** As the officer `huda`; the body of an answer without one is an empty object. */
  ask(method: Method, path: string, body?: object): Promise<{ status: number; body: unknown }>;
  /** Without a token. */
  askAsStranger(method: Method, path: string): Promise<number>;
  /** `officer action subjects`, the newest first. */
  audited(): Promise<string[]>;
  close(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export async function openFaqApp(flowsDir = 'test/process/flows'): Promise<FaqApp> {
  const opened = await openTemporaryStore();
  const dataDir = await mkdtemp(join(tmpdir(), 'wasl-faq-'));
  const repositories = await openRepositories({ store: opened.store, secretKey: testSecretKey });
  const config = { flowsDir, localesDir: 'locales', dataDir, defaultLanguage: 'en' };
  const broadcast = createInProcessBroadcast();
  const assistant = await openAssistant({ config, repositories, broadcast, clock, log: silentLog });
  const { faq, contentChanged } = assistant;
  const token = 'officers-token';
  const app = await createApp({
    log: silentLog,
    routes: [
      faqRoutes({
        desk: createFaqDesk({ repositories, faq, contentChanged, clock }),
        review: createFaqReview({ repositories, faq, contentChanged, clock }),
        token,
      }),
      faqWordsRoutes({ words: createFaqWordsDesk({ repositories, contentChanged, clock }), token }),
    ],
  });
  return {
    store: opened.store,
    repositories,
    assistant,
    async ask(method, path, body) {
      const headers = { authorization: `Bearer ${token}`, 'x-officer-id': 'huda' };
      const payload = body === undefined ? {} : { payload: body };
      const response = await app.inject({ method, url: `/api/faq/${path}`, headers, ...payload });
      return { status: response.statusCode, body: response.body === '' ? {} : response.json<unknown>() };
    },
    askAsStranger: async (method, path) => (await app.inject({ method, url: `/api/faq/${path}` })).statusCode,
    audited: async () =>
      (await repositories.audit.list({ limit: 50 })).map(({ action, officerId, subjectIds }) =>
        `${officerId} ${action} ${(subjectIds ?? []).join(' ')}`.trim(),
      ),
    async close() {
      await app.close();
      await assistant.close();
      await opened.store.close();
      await opened.remove();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
