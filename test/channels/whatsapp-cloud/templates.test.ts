import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWhatsappCloudAdapter } from '../../../src/channels/whatsapp-cloud/adapter.ts';
import { decodeTemplate } from '../../../src/channels/whatsapp-cloud/templates.ts';
import { createApp } from '../../../src/http/app.ts';
import { officerRoutes } from '../../../src/http/routes/officers.ts';
import { templateRoutes } from '../../../src/http/routes/templates.ts';
import { webhookRoutes } from '../../../src/http/routes/webhooks.ts';
import type { Repositories } from '../../../src/ports/repositories.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { createTemplateDesk } from '../../../src/runtime/template-desk.ts';
import { fixedAccounts } from '../../support/fixed-accounts.ts';
import { pollUntil } from '../../support/poll-until.ts';
import { WhatsappCloudEmulator } from '../../support/whatsapp-cloud-emulator.ts';
import { createMovableClock, createWorld, openTemporaryStore, settled, silentLog } from '../../support/world.ts';
import { appSecret, person } from './set-up.ts';

const body = (text: string) => ({ type: 'BODY', text });
const raw = (components: object[], more: object = {}) => ({
  ...{ id: '1', name: 'news', language: 'ar', status: 'APPROVED', category: 'UTILITY', components, ...more },
});

describe('a template', () => {
  it('is read with its texts and the number of its places', () => {
    const components = [
      { type: 'HEADER', format: 'TEXT', text: 'جمعية السقيا' },
      body('السلام عليكم {{1}}، طلبك {{2}} جاهز. شكراً {{1}}'),
      { type: 'FOOTER', text: 'للتوقف اكتب: إيقاف' },
      { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'شكراً' }] },
    ];
    expect(decodeTemplate(raw(components))).toEqual({
      ...{ name: 'news', language: 'ar', status: 'APPROVED', category: 'UTILITY' },
      ...{ header: 'جمعية السقيا', footer: 'للتوقف اكتب: إيقاف', parameters: 2, isSendable: true },
      body: 'السلام عليكم {{1}}، طلبك {{2}} جاهز. شكراً {{1}}',
    });
  });

  it.each([
    ['a file above its text', [{ type: 'HEADER', format: 'IMAGE' }, body('x')]],
    ['a place above its text', [{ type: 'HEADER', format: 'TEXT', text: '{{1}}' }, body('x')]],
    ['named places', [body('{{name}}')]],
    ['a place in a link', [body('x'), { type: 'BUTTONS', buttons: [{ type: 'URL', url: 'https://a/{{1}}' }] }]],
    ['a code to copy', [body('x'), { type: 'BUTTONS', buttons: [{ type: 'COPY_CODE' }] }]],
    ['cards', [body('x'), { type: 'CAROUSEL' }]],
  ])('cannot be sent here with %s', (_what, components) => {
    expect(decodeTemplate(raw(components))).toMatchObject({ isSendable: false });
  });

  it.each([null, {}, raw([], { status: 'PENDING' }), raw([], { name: '' }), 'x', [1]])('is none: %j', (value) => {
    expect(decodeTemplate(value)).toBeNull();
  });
});

describe('the templates of a number', () => {
  let cloud: WhatsappCloudEmulator;
  let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
  let clock: ReturnType<typeof createMovableClock>;
  let runtime: Runtime;
  let repositories: Repositories;
  let url: string;
  let close: () => Promise<void>;

  beforeEach(async () => {
    cloud = await new WhatsappCloudEmulator().start();
    opened = await openTemporaryStore();
    clock = createMovableClock();
    cloud.now = () => clock.now();
    const adapter = createWhatsappCloudAdapter({
      ...{ account: 'main', phoneNumberId: cloud.phoneNumberId, accessToken: cloud.accessToken, appSecret },
      ...{ verifyToken: cloud.feed.verifyToken, apiRoot: cloud.apiRoot, clock, log: silentLog },
    });
    const accounts = fixedAccounts([adapter]);
    const budget = {
      take: async () => ({ granted: true }) as const,
      hold: async () => {},
      close: async () => {},
    };
    ({ runtime, repositories } = await createWorld({ store: opened.store, accounts, clock, budget }));
    await runtime.startWorker();
    const token = 'officers';
    const desk = createTemplateDesk({ accounts, repositories, handoff: runtime.handoff });
    const webhook = {
      get: () => (request: Parameters<typeof adapter.handleWebhook>[0]) =>
        adapter.handleWebhook(request, runtime.intake, runtime.receipts.accept),
    };
    const routes = [
      officerRoutes({ openFile: async () => null, handoff: runtime.handoff, repositories, clock, token }),
      templateRoutes({ desk, repositories, clock, token }),
      webhookRoutes(webhook),
    ];
    const app = await createApp({ log: silentLog, routes });
    url = await app.listen({ port: 0, host: '127.0.0.1' });
    cloud.feed.url = `${url}/webhooks/whatsapp-cloud/main`;
    close = async () => {
      cloud.feed.url = null;
      await app.close();
      await adapter.stop();
      await runtime.close();
      await cloud.stop();
      await opened.store.close();
      await opened.remove();
    };
    cloud.templates.set('case_news', {
      ...{ language: 'ar', parameters: 2 },
      listed: { components: [{ type: 'BODY', text: 'مرحباً {{1}}، تم تحديث طلبك {{2}}.' }] },
    });
  });
  afterEach(() => close());

  async function ask(method: string, path: string, content?: object) {
    const response = await fetch(`${url}${path}`, {
      ...{ method, headers: { authorization: 'Bearer officers', 'content-type': 'application/json' } },
      ...(content ? { body: JSON.stringify(content) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  const list = () => ask('GET', '/api/channels/whatsapp-cloud/main/templates');
  const conversation = () =>
    repositories.ids.conversation({ channel: 'whatsapp-cloud', account: 'main', chat: person });
  const act = (what: string, content: object) =>
    ask('POST', `/api/conversations/${conversation()}/${what}`, { requestId: `request-${Math.random()}`, ...content });

  it('are listed over all pages, without what is not approved, and kept for a minute', async () => {
    for (let index = 0; index < 120; index += 1) cloud.templates.set(`t${index}`, { language: 'en', parameters: 1 });
    cloud.templates.set('pending', { language: 'ar', parameters: 0, listed: { status: 'PENDING' } });
    const { status, body: listed } = await list();
    expect(status).toBe(200);
    const templates = listed['templates'] as { name: string }[];
    expect(templates).toHaveLength(121);
    expect(templates[0]).toEqual({
      ...{ name: 'case_news', language: 'ar', status: 'APPROVED', category: 'UTILITY' },
      ...{ body: 'مرحباً {{1}}، تم تحديث طلبك {{2}}.', parameters: 2, isSendable: true },
    });
    expect(cloud.callsOf('templates')).toHaveLength(3);
    await list();
    expect(cloud.callsOf('templates')).toHaveLength(3);
    clock.advance(61_000);
    await list();
    expect(cloud.callsOf('templates')).toHaveLength(6);
    // Whose number it is does not change.
    expect(cloud.callsOf('number')).toHaveLength(1);
  });

  it('are asked for again after a failure, which is told', async () => {
    cloud.failNext('templates', { is: 'gateway-page', status: 502 });
    expect(await list()).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await list()).toMatchObject({ status: 200 });
  });

  it('need the id of the business account where the token may not read it', async () => {
    cloud.tellsOwner = false;
    expect(await list()).toMatchObject({ status: 422, body: { code: 'business-account-unknown' } });
  });

  it('are refused when there is none of that name, language, or number of places', async () => {
    await cloud.userWrites(person, 'hello');
    await settled(repositories, [conversation()], 20_000);
    const code = async (content: object) => (await act('template', content)).body['code'];
    expect(await code({ name: 'nothing', language: 'ar' })).toBe('template-unknown');
    expect(await code({ name: 'case_news', language: 'en' })).toBe('template-unknown');
    expect(await code({ name: 'case_news', language: 'ar', parameters: ['سلمى'] })).toBe('template-parameters');
    expect(await code({ name: 'case_news', language: 'ar', parameters: ['سلمى', ' '] })).toBe('payload-invalid');
    cloud.templates.set('file', {
      ...{ language: 'ar', parameters: 0 },
      listed: { components: [{ type: 'HEADER', format: 'IMAGE' }, body('x')] },
    });
    clock.advance(61_000);
    expect(await code({ name: 'file', language: 'ar' })).toBe('template-unsendable');
    // Only who has the conversation may write in it.
    expect(await code({ name: 'case_news', language: 'ar', parameters: ['سلمى', 'م-1'] })).toBe('not-owned');
    const unknown = await ask('POST', '/api/conversations/none/template', {
      requestId: '12345678',
      name: 'x',
      language: 'ar',
    });
    expect(unknown.status).toBe(404);
  });

  it('go out while replies are held outside the window, and never wait behind them', async () => {
    await cloud.userWrites(person, 'hello');
    await cloud.userWrites(person, 'officer');
    await settled(repositories, [conversation()], 20_000);
    await pollUntil(
      'it waits for an officer',
      async () => (await runtime.handoff.list('queue', { limit: 1 })).length === 1,
    );
    expect(await act('claim', { officerName: 'Huda' })).toMatchObject({ status: 200 });
    const before = cloud.sentTo(person).length;
    clock.advance(25 * 3_600_000);
    await act('reply', { text: 'first reply' });
    await act('reply', { text: 'second reply' });
    const shown = async () => {
      const { body: page } = await ask('GET', `/api/conversations/${conversation()}/messages`);
      const lines = page['messages'] as { content: { text?: string }; status?: string; failure?: string }[];
      return lines.map(({ content, status, failure }) => [content.text, status, failure]);
    };
    await pollUntil(
      'both are held',
      async () => (await shown()).filter(([, status]) => status === 'held').length === 2,
    );
    expect((await shown())[0]).toEqual(['second reply', 'held', 'outside-window']);

    const sent = await act('template', { name: 'case_news', language: 'ar', parameters: ['سلمى', 'م-1'] });
    expect(sent).toMatchObject({ status: 200, body: { outcome: 'accepted' } });
    await pollUntil('the template is sent', () => cloud.sentTo(person).length > before);
    expect(cloud.sentTo(person).at(-1)?.payload['template']).toEqual({
      ...{ name: 'case_news', language: { code: 'ar' } },
      components: [
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'سلمى' },
            { type: 'text', text: 'م-1' },
          ],
        },
      ],
    });
    expect((await shown())[0]).toEqual(['مرحباً سلمى، تم تحديث طلبك م-1.', 'sent', undefined]);
    expect((await shown())[1]).toEqual(['second reply', 'held', 'outside-window']);

    await cloud.userWrites(person, 'thank you');
    await pollUntil('what was held is sent', () => cloud.sentTo(person).length === before + 3);
    const texts = cloud.sentTo(person).map(({ payload }) => (payload['text'] as { body: string } | undefined)?.body);
    expect(texts.slice(-2)).toEqual(['first reply', 'second reply']);
    const audit = await repositories.audit.list({ limit: 20 });
    expect(audit.filter(({ action }) => action === 'template-sent')).toHaveLength(1);
  });
});
