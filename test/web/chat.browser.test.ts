import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import ar from '../../locales/ar/chat-page.json' with { type: 'json' };
import en from '../../locales/en/chat-page.json' with { type: 'json' };
import { toMediaRules, type MediaRules } from '../../src/channels/shared/check-media.ts';
import type { OutboundContent } from '../../src/domain/message.ts';
import { toId } from '../../src/domain/ids.ts';
import { buildChatPage } from '../support/build-chat-page.ts';
import { startChatSite, type Bot, type ChatSite } from '../support/chat-site.ts';
import { findChromium, openChromium } from '../support/open-chromium.ts';
import { pollUntil } from '../support/poll-until.ts';

const executablePath = findChromium('the tests of the chat page');
const texts = { ar, en };
/** Where screenshots go for a person to look at; nowhere when not set. */
const screenshotDir = process.env['WASL_SCREENSHOTS'];

const greeting = {
  ar: 'وعليكم السلام ورحمة الله، حيّاك الله.\nأنا مساعد خدمة المستفيدين. بماذا أخدمك اليوم؟',
  en: 'Welcome! I am the beneficiary care assistant. How can I help you today?',
};
const menu = {
  ar: ['طلب مساعدة', 'متابعة طلب سابق', 'شكوى أو اقتراح', 'التحدث مع موظف'],
  en: ['Ask for help', 'Follow a request', 'Complaint or suggestion', 'Talk to an officer'],
};
const callBack = {
  ar: 'سجّلنا طلبك برقم W-0000018، وسنتصل بك على 055 123 4567 خلال يومي عمل. التفاصيل: https://example.org/طلب.',
  en: 'Your request is W-0000018. We will call you on 055 123 4567 within two working days. See https://example.org/request.',
};

/** Answers a greeting with the menu, a choice or `رقم` with a number in it, anything else with itself. */
const bot: Bot = (content, language) => {
  const own = language === 'en' ? 'en' : 'ar';
  if (content.type === 'choice') return [{ type: 'text', text: callBack[own] }];
  if (content.type !== 'text')
    return [{ type: 'text', text: own === 'ar' ? 'وصلنا، شكرًا لك.' : 'We have it, thank you.' }];
  if (content.text !== ar.startMessage && content.text !== en.startMessage)
    return [{ type: 'text', text: `> ${content.text}` }];
  const choices = menu[own].map((label, index) => ({ id: `choice-${index}`, label }));
  const answer: OutboundContent = { type: 'text', text: greeting[own], choices };
  return [answer];
};

describe.skipIf(executablePath === null)('the chat page in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof buildChatPage>>;
  const sites: ChatSite[] = [];

  beforeAll(async () => {
    built = await buildChatPage();
    browser = await openChromium(executablePath ?? '');
    if (screenshotDir !== undefined) await mkdir(screenshotDir, { recursive: true });
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    for (const site of sites.splice(0)) await site.close();
  });
  afterAll(async () => {
    await browser?.close();
    await built?.remove();
  });

  async function openPage(options: BrowserContextOptions & { language?: 'ar' | 'en'; mediaRules?: MediaRules } = {}) {
    const { language = 'ar', mediaRules, ...contextOptions } = options;
    const site = await startChatSite({ bot, webDir: built.webDir, ...(mediaRules && { mediaRules }) });
    sites.push(site);
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      locale: 'ar-SA',
      ...contextOptions,
    });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // A request that failed on purpose is no problem of the page.
      if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
        problems.push(message.text());
    });
    await page.goto(`${site.url}/chat${language === 'en' ? '?language=en' : ''}`);
    return { site, page, context, problems };
  }

  const bubbles = (page: Page) => page.locator('.bubble > .text').allTextContents();
  const waitForText = (page: Page, text: string) => page.getByText(text, { exact: false }).last().waitFor();

  async function write(page: Page, text: string): Promise<void> {
    await page.locator('#text').fill(text);
    await page.locator('#text').press('Enter');
  }

  async function shoot(page: Page, name: string): Promise<void> {
    // The lines' short arrival must be over.
    await page.waitForTimeout(250);
    if (screenshotDir !== undefined) await page.screenshot({ path: join(screenshotDir, `${name}.png`) });
  }

  async function expectAccessible(page: Page): Promise<void> {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.waitForTimeout(250);
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      // `axe` is what the script above leaves on the page.
      const { axe: checker } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
      };
      const { violations: found } = await checker.run();
      return found.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`) }));
    });
    expect(violations).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  }

  const screens = [
    { name: 'phone', options: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } },
    { name: 'small phone', options: { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true } },
    { name: 'desktop', options: { viewport: { width: 1280, height: 800 } } },
    { name: 'dark phone', options: { viewport: { width: 360, height: 740 }, colorScheme: 'dark' } },
  ] as const;

  for (const language of ['ar', 'en'] as const) {
    for (const { name, options } of screens) {
      it(`is readable and accessible on a ${name} in ${language}, from the welcome to an officer's answer`, async () => {
        const { site, page, problems } = await openPage({ ...options, language });
        const file = `${name.replace(' ', '-')}-${language}`;
        expect(await page.locator('html').getAttribute('dir')).toBe(language === 'ar' ? 'rtl' : 'ltr');
        await expectAccessible(page);
        await shoot(page, `${file}-1-welcome`);

        await page.getByRole('button', { name: texts[language].start, exact: true }).click();
        await page.getByRole('button', { name: menu[language][0] ?? '' }).waitFor();
        await expectAccessible(page);
        await shoot(page, `${file}-2-menu`);

        await page.getByRole('button', { name: menu[language][0] ?? '' }).click();
        await waitForText(page, 'W-0000018');
        const token = await tokenOf(page);
        const address = await site.addressOf(token);
        const [officers] = await site.write(
          address,
          [
            {
              type: 'text',
              text:
                language === 'ar'
                  ? 'السلام عليكم، معك عبدالله من خدمة المستفيدين. اطلعت على طلبك.'
                  : 'Hello, this is Abdullah. I have read your request.',
            },
          ],
          { author: { is: 'officer', officerId: toId('o1') } },
        );
        if (officers) await site.send(officers);
        await page.locator('.line.officer').waitFor();
        await write(
          page,
          language === 'ar'
            ? 'جزاكم الله خيرًا، وهذا رقم آخر: +966 50 765 4321'
            : 'Thank you. Another number: +966 50 765 4321',
        );
        await page.locator('.line').last().getByText('> ').waitFor();
        await expectAccessible(page);
        await shoot(page, `${file}-3-chat`);
        expect(await page.locator('.bubble bdi').allTextContents()).toEqual(
          expect.arrayContaining(['W-0000018', '055 123 4567', '+966 50 765 4321']),
        );
        expect(await page.locator('.pending').count()).toBe(0);

        await page.getByRole('button', { name: texts[language].startAnew }).click();
        await expectAccessible(page);
        await shoot(page, `${file}-4-anew`);
        expect(problems).toEqual([]);
      });
    }
  }

  it('shows each message once and in order, also after a reload', async () => {
    const { page } = await openPage();
    for (const word of ['واحد', 'اثنان', 'ثلاثة']) await write(page, word);
    await waitForText(page, '> ثلاثة');
    const seen = await bubbles(page);
    expect(seen.filter((text) => text.startsWith('>'))).toEqual(['> واحد', '> اثنان', '> ثلاثة']);
    expect(seen).toHaveLength(6);
    await page.reload();
    await waitForText(page, '> ثلاثة');
    expect(await bubbles(page)).toHaveLength(6);
    expect((await bubbles(page)).filter((text) => !text.startsWith('>'))).toEqual(['واحد', 'اثنان', 'ثلاثة']);
    expect(await page.locator('#anew').isVisible()).toBe(true);
  });

  it('shows what people write as text, whatever it looks like', async () => {
    const { page, problems } = await openPage();
    const nasty = '<img src=x onerror="document.title=1"> <script>1</script> javascript:alert(1) &amp;';
    await write(page, nasty);
    await waitForText(page, `> <img`);
    expect(await bubbles(page)).toEqual([nasty, `> ${nasty}`]);
    expect(await page.locator('.bubble :is(img, script, a)').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('keeps a message while there is no way to the server, sends it later and only once', async () => {
    const { page } = await openPage();
    await write(page, 'قبل');
    await waitForText(page, '> قبل');
    const ids: string[] = [];
    await page.route('**/api/chat/messages', async (route) => {
      ids.push((route.request().postDataJSON() as { id: string }).id);
      // First nothing arrives; then the server takes it and its answer is lost; then all is well.
      if (ids.length === 1) return route.abort();
      if (ids.length > 2) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await write(page, 'مهمة');
    await page.getByText(ar.notSentYet).waitFor();
    await write(page, 'بعدها');
    await page.getByRole('button', { name: ar.sendNow }).click();
    await waitForText(page, '> بعدها');
    expect(ids).toEqual([ids[0], ids[0], ids[0], expect.not.stringMatching(ids[0] ?? '')]);
    expect((await bubbles(page)).filter((text) => text === 'مهمة')).toHaveLength(1);
    expect((await bubbles(page)).filter((text) => text.startsWith('>'))).toEqual(['> قبل', '> مهمة', '> بعدها']);
    expect(await page.locator('.pending').count()).toBe(0);
  });

  it('says that it is offline, and sends what was written once it is back, even after a reload', async () => {
    const { page, context } = await openPage();
    await write(page, 'أولى');
    await waitForText(page, '> أولى');
    await context.setOffline(true);
    await page.getByText(ar.offline).waitFor();
    await write(page, 'وأنا بلا اتصال');
    await page.getByText(ar.notSentYet).waitFor();
    await shoot(page, 'offline-ar');
    await context.setOffline(false);
    await page.reload();
    await waitForText(page, '> وأنا بلا اتصال');
    expect(await bubbles(page)).toHaveLength(4);
    expect(await page.getByText(ar.offline).count()).toBe(0);
  });

  it('comes back by itself after its connections are cut, without losing or repeating a line', async () => {
    const { site, page } = await openPage();
    await write(page, 'مرحبا');
    await waitForText(page, '> مرحبا');
    const address = await site.addressOf(await tokenOf(page));
    for (let index = 0; index < 9; index += 1) {
      const [message] = await site.write(address, [{ type: 'text', text: `خبر ${index}` }]);
      if (message) await site.send(message);
      if (index % 4 === 1) site.cutSockets();
    }
    await waitForText(page, 'خبر 8');
    expect((await bubbles(page)).slice(2)).toEqual(Array.from({ length: 9 }, (_, index) => `خبر ${index}`));
  });

  it('sends a picture, shows it at once, and fetches it again after a reload', async () => {
    const { page, problems } = await openPage();
    await write(page, 'مرحبا');
    await waitForText(page, '> مرحبا');
    const picture = await page.screenshot();
    await page.locator('#file').setInputFiles({ name: 'البئر.png', mimeType: 'image/png', buffer: picture });
    await waitForText(page, 'وصلنا، شكرًا لك.');
    const isShown = () => page.locator('.bubble img').evaluate((image: HTMLImageElement) => image.naturalWidth > 0);
    await page.locator('.bubble img').waitFor();
    await pollUntil('the picture is shown', isShown);
    await page.reload();
    await page.locator('.bubble img').waitFor();
    await pollUntil('the picture is shown again', isShown);
    await shoot(page, 'picture-ar');
    await expectAccessible(page);
    expect(problems).toEqual([]);
  });

  it('says kindly which files it does not take', async () => {
    const { page } = await openPage();
    await page.locator('#file').setInputFiles({ name: 'a.html', mimeType: 'text/html', buffer: Buffer.from('<html>') });
    await page
      .getByText(
        'نستقبل \u2068الصور\u2069 و\u2068ملفات PDF\u2069 و\u2068التسجيلات الصوتية\u2069، وحجم الملف \u206810 ميجابايت\u2069 أو أقل.',
      )
      .waitFor();
    const big = Buffer.alloc(10 * 1024 * 1024 + 1, 1);
    await page.locator('#file').setInputFiles({ name: 'b.png', mimeType: 'image/png', buffer: big });
    await page.getByText('هذا الملف أكبر من \u206810 ميجابايت\u2069.').waitFor();
    await shoot(page, 'refused-files-ar');
    await expectAccessible(page);
    await write(page, 'ومع ذلك أكتب');
    await waitForText(page, '> ومع ذلك أكتب');
    expect(await page.locator('#lines > li').last().innerText()).toContain('> ومع ذلك أكتب');
    await page.getByRole('button', { name: ar.otherLanguage }).click();
    await write(page, 'and more');
    await waitForText(page, '> and more');
    expect(await page.locator('#lines > li').last().innerText()).toContain('> and more');
  });

  it('takes what it says of files from the settings of the server', async () => {
    const { page } = await openPage({ language: 'en', mediaRules: toMediaRules(['photo'], 1) });
    expect(await page.locator('#file').getAttribute('accept')).toBe(
      'image/jpeg,image/png,image/webp,image/gif,image/heic',
    );
    const pdf = { name: 'a.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') };
    await page.locator('#file').setInputFiles(pdf);
    await page.getByText('We accept \u2068photos\u2069, each file up to \u20681 MB\u2069.').waitFor();
    const big = { name: 'b.png', mimeType: 'image/png', buffer: Buffer.alloc(1024 * 1024 + 1, 1) };
    await page.locator('#file').setInputFiles(big);
    await page.getByText('This file is over \u20681 MB\u2069.').waitFor();
    await shoot(page, 'refused-files-en');
    await page.getByRole('button', { name: en.otherLanguage }).click();
    await page.getByText('هذا الملف أكبر من \u2068ميجابايت واحد\u2069.').waitFor();
  });

  for (const language of ['ar', 'en'] as const)
    it(`says kindly that a file was removed because its time was over, in ${language}`, async () => {
      const { site, page, problems } = await openPage({ language });
      const { fileRemoved } = texts[language];
      const png = await page.screenshot();
      const pdf = { name: 'صك الأرض.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 deed') };
      await page.locator('#file').setInputFiles({ name: 'well.png', mimeType: 'image/png', buffer: png });
      await page.locator('.me time').first().waitFor();
      await page.locator('#file').setInputFiles(pdf);
      await page.locator('.me time').nth(1).waitFor();
      const address = await site.addressOf(await tokenOf(page));
      const remove = async (fileName: string) => {
        const lines = await site.repositories.messages.page(site.repositories.ids.conversation(address), { limit: 9 });
        const line = lines.find(({ content }) => 'media' in content && content.media.fileName === fileName);
        const { id = '', attachment } = line ?? {};
        await site.repositories.messages.setAttachment(id, { ...attachment!, state: { is: 'removed' } });
      };
      await page.reload();
      await page.locator('.bubble img').waitFor();
      // The page still has a line that says that the file is there.
      await remove('صك الأرض.pdf');
      await page.getByRole('button', { name: 'صك الأرض.pdf' }).click();
      await page.getByText(fileRemoved).waitFor();
      await remove('well.png');
      await page.reload();
      await pollUntil('both are said to be removed', async () => (await page.getByText(fileRemoved).count()) === 2);
      expect(await page.locator('.bubble img, .bubble button.file').count()).toBe(0);
      await shoot(page, `removed-files-${language}`);
      await expectAccessible(page);
      expect(problems).toEqual([]);
    });

  it('sends the place when the person allows it, and says what to do when not', async () => {
    const { page, context } = await openPage({ geolocation: { latitude: 24.4672, longitude: 39.6111 } });
    const place = page.getByRole('button', { name: ar.location });
    await place.click();
    await page.getByText(ar.locationUnknown).waitFor();
    await context.grantPermissions(['geolocation']);
    await place.click();
    await waitForText(page, 'وصلنا، شكرًا لك.');
    expect(await page.locator('.me a').getAttribute('href')).toContain('24.4672,39.6111');
  });

  it('changes its language at a touch and remembers it', async () => {
    const { page } = await openPage();
    await page.getByRole('button', { name: 'English' }).click();
    expect(await page.locator('html').getAttribute('dir')).toBe('ltr');
    expect(await page.title()).toBe(en.documentTitle);
    await page.reload();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.getByRole('button', { name: 'العربية' }).click();
    expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
    await write(page, ar.startMessage);
    await waitForText(page, 'بماذا أخدمك اليوم');
  });

  it('begins a new chat only when that is confirmed', async () => {
    const { page } = await openPage();
    await write(page, 'قديم');
    await waitForText(page, '> قديم');
    const before = await tokenOf(page);
    await page.getByRole('button', { name: ar.startAnew }).click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('keep');
    await page.keyboard.press('Escape');
    expect(await bubbles(page)).toHaveLength(2);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('anew');
    await page.getByRole('button', { name: ar.startAnew }).click();
    await page.getByRole('button', { name: ar.startAnewConfirm }).click();
    expect(await bubbles(page)).toEqual([]);
    await write(page, 'جديد');
    await waitForText(page, '> جديد');
    expect(await bubbles(page)).toEqual(['جديد', '> جديد']);
    expect(await tokenOf(page)).not.toBe(before);
  });

  it('works by the keyboard alone', async () => {
    const { page } = await openPage({ viewport: { width: 1280, height: 800 } });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('text');
    await page.keyboard.type(ar.startMessage);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: menu.ar[3] ?? '' }).waitFor();
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(menu.ar[3]);
    await page.keyboard.press('Enter');
    await waitForText(page, 'W-0000018');
    expect(await page.locator('.log').getAttribute('aria-live')).toBe('polite');
  });

  it('goes on in a new chat when its token is not valid any more, keeping what was being sent', async () => {
    const { page } = await openPage();
    await page.evaluate(() => localStorage.setItem('wasl-chat-session', `${Date.now() + 9e9} not-a-token`));
    await page.reload();
    await write(page, 'السلام');
    await waitForText(page, '> السلام');
    expect(await bubbles(page)).toEqual(['السلام', '> السلام']);
  });

  it('pauses where it is open too often, and continues on request', async () => {
    const { page, context } = await openPage();
    await write(page, 'مرحبا');
    await waitForText(page, '> مرحبا');
    const url = page.url();
    for (let index = 0; index < 3; index += 1) {
      const other = await context.newPage();
      await other.goto(url);
      await waitForText(other, '> مرحبا');
    }
    await page.getByText(ar.elsewhere).waitFor();
    await page.getByRole('button', { name: ar.continueHere }).click();
    await write(page, 'هنا');
    await waitForText(page, '> هنا');
    expect(await page.getByText(ar.elsewhere).count()).toBe(0);
  });
});

function tokenOf(page: Page): Promise<string> {
  return page.evaluate(() => (localStorage.getItem('wasl-chat-session') ?? '').split(' ')[1] ?? '');
}
