import { element } from './element.ts';
import type { Texts } from './texts.ts';

/** Something the person should know, most pressing first. */
const byUrgency = ['elsewhere', 'offline', 'reconnecting', 'locating', 'locationUnknown'] as const;
export type Notice = (typeof byUrgency)[number];

/** The one line under the bar that says what is going on; the most pressing notice is shown. */
export function createNotices(area: HTMLElement, onContinueHere: () => void) {
  const active = new Set<Notice>();
  let texts: Texts;
  let shown: string | null = null;

  function show(): void {
    const notice = byUrgency.find((each) => active.has(each));
    const text = notice === undefined ? '' : texts[notice];
    // Writing the same words again would have them read out again.
    if (text === shown) return;
    shown = text;
    area.replaceChildren(...(text === '' ? [] : [element('span', {}, text)]));
    if (notice !== 'elsewhere') return;
    const button = element('button', { type: 'button' }, texts.continueHere);
    button.addEventListener('click', onContinueHere);
    area.append(button);
  }

  return {
    set(notice: Notice, isActive: boolean): void {
      if (isActive) active.add(notice);
      else active.delete(notice);
      show();
    },
    setTexts(newTexts: Texts): void {
      texts = newTexts;
      show();
    },
  };
}
