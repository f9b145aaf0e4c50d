import type { Templates } from './compile-text.ts';

/** What people call a channel, in their language. */
export function channelName(templates: Templates, language: string, channel: string): string {
  const template =
    templates.find(language, `engine:channel-${channel}`) ?? templates.find(language, 'engine:channel-other');
  return template?.renderWhole(nothing(language)) ?? channel;
}

/** A link code as it is read: in two halves. */
export function shownLinkCode(digits: string): string {
  return `${digits.slice(0, 4)} ${digits.slice(4)}`;
}

function nothing(language: string) {
  return { value: () => undefined, fact: () => undefined, language, timeZone: 'UTC' };
}
