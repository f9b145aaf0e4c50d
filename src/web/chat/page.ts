import { byId } from './element.ts';
import { directionOf, otherLanguage, textsOf, type Language } from './texts.ts';

/** The elements of the page that something happens to. */
export function findPage() {
  return {
    log: byId('log', HTMLElement),
    lines: byId('lines', HTMLOListElement),
    welcome: byId('welcome', HTMLElement),
    start: byId('start', HTMLButtonElement),
    newer: byId('newer', HTMLButtonElement),
    notice: byId('notice', HTMLElement),
    connection: byId('connection', HTMLElement),
    language: byId('language', HTMLButtonElement),
    anew: byId('anew', HTMLButtonElement),
    composer: byId('composer', HTMLFormElement),
    text: byId('text', HTMLTextAreaElement),
    attach: byId('attach', HTMLButtonElement),
    file: byId('file', HTMLInputElement),
    place: byId('place', HTMLButtonElement),
    question: byId('question', HTMLElement),
    keep: byId('keep', HTMLButtonElement),
    confirm: byId('confirm', HTMLButtonElement),
  };
}

export type Page = ReturnType<typeof findPage>;

/** Writes every fixed word of the page in a language, and turns the page to its side. */
export function translatePage(page: Page, language: Language): void {
  const texts = textsOf(language);
  const isKey = (key: string | null): key is keyof typeof texts => key !== null && key in texts;
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
  document.title = texts.documentTitle;
  const each = (attribute: string, write: (target: Element, text: string) => void) => {
    for (const target of Array.from(document.querySelectorAll(`[${attribute}]`))) {
      const key = target.getAttribute(attribute);
      if (isKey(key)) write(target, texts[key]);
    }
  };
  each('data-text', (target, text) => (target.textContent = text));
  each('data-label', (target, text) => target.setAttribute('aria-label', text));
  each('data-placeholder', (target, text) => target.setAttribute('placeholder', text));
  page.language.textContent = texts.otherLanguage;
  page.language.lang = otherLanguage(language);
}

/** Grows the text field with what is written, as far as its style allows. */
export function fitText({ text }: Page): void {
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight + 3}px`;
}

/** Asks "really?" in the place of the composer; Escape keeps the chat. */
export function askAnew(page: Page, onConfirm: () => void): void {
  const show = (isAsking: boolean) => {
    page.question.hidden = !isAsking;
    page.composer.hidden = isAsking;
  };
  page.anew.addEventListener('click', () => {
    show(true);
    page.keep.focus();
  });
  const keep = () => {
    show(false);
    page.anew.focus();
  };
  page.keep.addEventListener('click', keep);
  page.question.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') keep();
  });
  page.confirm.addEventListener('click', () => {
    show(false);
    onConfirm();
  });
}
