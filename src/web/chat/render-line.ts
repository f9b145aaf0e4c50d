import { renderContent, renderFile, type BubbleActions } from './bubble.ts';
import type { ChatLine } from './chat-line.ts';
import { element } from './element.ts';
import type { Pending } from './outbox.ts';
import type { Language, Texts } from './texts.ts';

/** A line of the transcript. `ownFile` is what the person chose on this page, shown from memory. */
export function renderLine(
  { from, order, at, content }: ChatLine,
  { language, texts }: { language: Language; texts: Texts },
  actions: BubbleActions,
  ownFile?: File,
): HTMLLIElement {
  const shown = ownFile ? renderFile(ownFile, texts) : renderContent(content, texts, actions);
  const time = element('time', { datetime: new Date(at).toISOString() }, toShownTime(at, language));
  return element(
    'li',
    { class: `line ${from}`, 'data-from': from, 'data-order': order },
    element('span', { class: 'author' }, texts[from]),
    element('div', { class: 'bubble' }, ...shown),
    time,
  );
}

/** A message on its way, with how it fares. */
export function renderPending(pending: Pending, texts: Texts, onSendNow: () => void): HTMLLIElement {
  const { content } = pending;
  const shown =
    content.type === 'file'
      ? renderFile(content.file, texts)
      : renderContent(content, texts, { onChoice: () => undefined, loadFile: async () => 'lost' });
  return element(
    'li',
    { class: 'line me pending', 'data-from': 'me' },
    element('span', { class: 'author' }, texts.me),
    element('div', { class: 'bubble' }, ...shown),
    renderState(pending, texts, onSendNow),
  );
}

export function renderState({ state }: Pending, texts: Texts, onSendNow: () => void): HTMLElement {
  const shown = element('p', { class: `state ${state}` }, texts[stateTexts[state]]);
  if (state !== 'delayed') return shown;
  const button = element('button', { type: 'button', class: 'send-now' }, texts.sendNow);
  button.addEventListener('click', onSendNow);
  shown.append(' ', button);
  return shown;
}

const stateTexts: Readonly<Record<Pending['state'], keyof Texts>> = {
  waiting: 'sending',
  sending: 'sending',
  delayed: 'notSentYet',
  'too-fast': 'tooFast',
  refused: 'notAccepted',
  'file-refused': 'fileNotAccepted',
  'file-too-large': 'fileTooLarge',
};

const dayMs = 24 * 3_600_000;

/** Hours and minutes, with the day when it is not of the last day. Latin digits, as on the phones of most people here. */
function toShownTime(at: number, language: Language): string {
  const locale = language === 'ar' ? 'ar-SA-u-ca-gregory-nu-latn' : 'en-GB';
  const clock = { hour: 'numeric', minute: '2-digit' } as const;
  const isOld = Date.now() - at > dayMs;
  return new Intl.DateTimeFormat(locale, isOld ? { day: 'numeric', month: 'long', ...clock } : clock).format(at);
}
