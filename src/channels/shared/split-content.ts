import type { Choice, OutboundContent } from '../../domain/message.ts';
import type { Capabilities } from '../../ports/channel.ts';
import { isolateNumbers } from './isolate-numbers.ts';
import { splitText } from './split-text.ts';

/**
 * Turns a content into what a channel can carry, one entry for each platform message, in their order: long text is split,
 * choices the channel has no buttons or lists for become a numbered list, a caption that is too long follows as text, media of
 * a kind the channel does not know goes as a document, or as its caption and name. A template stays whole where the channel knows
 * templates and is its text elsewhere. Characters no platform takes are removed.
 * Splitting a result again changes nothing. Blank text without choices gives no entries.
 */
export function splitContent(content: OutboundContent, capabilities: Capabilities): OutboundContent[] {
  switch (content.type) {
    case 'text':
      if (content.template && capabilities.templates) return [content];
      return splitTextContent(content.text, content.choices ?? [], capabilities);
    case 'media':
      return splitMedia(content, capabilities);
    case 'location':
    case 'contact':
      return [content];
  }
}

function splitTextContent(text: string, choices: readonly Choice[], capabilities: Capabilities): OutboundContent[] {
  if (choices.length === 0) return toTexts(text, capabilities);
  if (!canCarry(choices, capabilities)) return toTexts(`${text}\n\n${toNumberedList(choices)}`, capabilities);
  const texts = toTexts(text, capabilities);
  const { choiceTextLength = capabilities.textLength } = capabilities;
  const end = toTexts(texts.pop()?.text ?? '', { ...capabilities, textLength: choiceTextLength });
  // Choices need a text to stand under.
  const last = end.pop() ?? { type: 'text', text: '…' };
  return [...texts, ...end, { ...last, choices }];
}

function toTexts(text: string, capabilities: Capabilities): { type: 'text'; text: string }[] {
  return splitText(isolateNumbers(toSendableText(text)), capabilities.textLength).map((part) => ({
    type: 'text',
    text: part,
  }));
}

function canCarry(choices: readonly Choice[], { buttons, lists }: Capabilities): boolean {
  const fit = (limit: { readonly max: number; readonly labelLength: number } | null) =>
    limit !== null &&
    choices.length <= limit.max &&
    choices.every((choice) => choice.label.trim() !== '' && choice.label.length <= limit.labelLength);
  const hasRoom = (choice: Choice) => (choice.description?.length ?? 0) <= (lists?.descriptionLength ?? 0);
  return fit(buttons) || (fit(lists) && choices.every(hasRoom));
}

function toNumberedList(choices: readonly Choice[]): string {
  return choices
    .map(({ label, description }, index) => `${index + 1}. ${label}${description ? ` - ${description}` : ''}`)
    .join('\n');
}

function splitMedia(content: OutboundContent & { type: 'media' }, capabilities: Capabilities): OutboundContent[] {
  const { caption: rawCaption, ...bare } = content;
  const caption = isolateNumbers(toSendableText(rawCaption ?? '')).trim();
  const kind = capabilities.media[content.kind] ? content.kind : 'document';
  if (!capabilities.media[kind]) {
    return toTexts([caption, content.fileName && `📎 ${content.fileName}`].filter(Boolean).join('\n'), capabilities);
  }
  const isCaptioned = kind !== 'sticker' && capabilities.media[kind].caption !== 'refused';
  const hasRoom = caption.length <= capabilities.captionLength && isCaptioned;
  const media = { ...bare, kind };
  if (caption === '') return [media];
  return hasRoom ? [{ ...media, caption }] : [media, ...toTexts(caption, capabilities)];
}

/** Without lone surrogates (no UTF-8 for them: Telegram refuses the whole message) and control characters other than line breaks and tabs. */
function toSendableText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD').replace(/[\u0000-\u0008\u000B-\u001F\u007F]/g, '');
}
