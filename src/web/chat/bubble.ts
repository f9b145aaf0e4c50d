import type { ChatContent, Choice, Gone } from './chat-line.ts';
import { element } from './element.ts';
import { toRuns } from './rich-text.ts';
import type { Texts } from './texts.ts';

export interface BubbleActions {
  /** The person tapped a choice. */
  onChoice(choice: Choice): void;
  /** The bytes of the line's file, or why it cannot be had. */
  loadFile(): Promise<Blob | Gone>;
}

/** What a message looks like, without its frame. */
export function renderContent(content: ChatContent, texts: Texts, actions: BubbleActions): readonly Node[] {
  switch (content.type) {
    case 'text':
      return [renderText(content.text), ...(content.choices ? [renderChoices(content.choices, texts, actions)] : [])];
    case 'choice':
      return [renderText(content.label ?? content.choiceId)];
    case 'media':
      return renderMedia(content, texts, actions);
    case 'location':
      return [renderPlace(content, texts)];
    case 'contact':
      return [renderText(content.name), renderPhone(content.phone)];
    case 'unsupported':
      return [renderText(texts.cannotShow)];
  }
}

/** A paragraph whose direction is that of its own first letter; numbers and addresses inside read from the left. */
function renderText(text: string): HTMLElement {
  const paragraph = element('p', { dir: 'auto', class: 'text' });
  for (const run of toRuns(text)) {
    if (run.type === 'words') paragraph.append(run.text);
    else if (run.type === 'number') paragraph.append(element('bdi', { dir: 'ltr', class: 'number' }, run.text));
    else paragraph.append(element('a', { href: run.text, ...elsewhere }, element('bdi', { dir: 'ltr' }, run.text)));
  }
  return paragraph;
}

/** A local picture, or a file's name, before the server has it. */
export function renderFile(file: File, texts: Texts): readonly Node[] {
  if (!file.type.startsWith('image/')) return [renderFileName(texts.file, file.name)];
  return [renderPicture(file, texts.photo, () => renderFileName(texts.photo, file.name))];
}

const elsewhere = { target: '_blank', rel: 'noopener noreferrer' };

function renderChoices(choices: readonly Choice[], texts: Texts, { onChoice }: BubbleActions): HTMLElement {
  const group = element('div', { role: 'group', 'aria-label': texts.choices, class: 'choices' });
  for (const choice of choices) {
    const button = element('button', { type: 'button', class: 'choice', dir: 'auto' }, choice.label);
    if (choice.description) button.append(element('small', {}, choice.description));
    button.addEventListener('click', () => onChoice(choice));
    group.append(button);
  }
  return group;
}

function renderMedia(
  content: Extract<ChatContent, { type: 'media' }>,
  texts: Texts,
  actions: BubbleActions,
): readonly Node[] {
  const caption = content.caption ? [renderText(content.caption)] : [];
  if (content.gone) return [renderGone(content.gone, texts), ...caption];
  const frame = element('div', { class: 'media' });
  const offerFile = () => frame.replaceChildren(renderOpening(content, texts, actions));
  if (content.kind === 'photo') whenSeen(frame, () => void showPicture(frame, content, texts, actions, offerFile));
  else offerFile();
  return [frame, ...caption];
}

async function showPicture(
  frame: HTMLElement,
  content: Extract<ChatContent, { type: 'media' }>,
  texts: Texts,
  actions: BubbleActions,
  offerFile: () => void,
): Promise<void> {
  const found = await actions.loadFile();
  if (found === 'removed') frame.replaceChildren(renderGone(found, texts));
  else if (found === 'lost') offerFile();
  else frame.replaceChildren(renderPicture(found, content.caption ?? texts.photo, offerFile));
}

/** A picture that this browser cannot show (HEIC on most) becomes what `otherwise` makes. */
function renderPicture(blob: Blob, description: string, otherwise: () => Node | void): HTMLElement {
  const url = URL.createObjectURL(blob);
  const picture = element('img', { src: url, alt: description });
  picture.addEventListener('load', () => URL.revokeObjectURL(url));
  picture.addEventListener('error', () => {
    URL.revokeObjectURL(url);
    const other = otherwise();
    if (other) picture.replaceWith(other);
  });
  return picture;
}

/** A button that fetches the file and gives it to the browser, which the token keeps from being a plain link. */
function renderOpening(
  content: Extract<ChatContent, { type: 'media' }>,
  texts: Texts,
  { loadFile }: BubbleActions,
): HTMLElement {
  const kinds: Readonly<Record<string, string>> = {
    photo: texts.photo,
    audio: texts.audio,
    voice: texts.audio,
    video: texts.video,
  };
  const what = kinds[content.kind] ?? texts.file;
  const button = element('button', { type: 'button', class: 'file' }, `${texts.open}: `);
  button.append(element('bdi', {}, content.fileName ?? what));
  button.addEventListener('click', () => {
    void loadFile().then((found) => {
      if (typeof found === 'string') return button.replaceWith(renderGone(found, texts));
      const url = URL.createObjectURL(found);
      element('a', { href: url, download: content.fileName ?? what }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    });
  });
  return button;
}

function renderGone(gone: Gone, texts: Texts): HTMLElement {
  return renderText(gone === 'removed' ? texts.fileRemoved : texts.fileGone);
}

function renderFileName(what: string, name: string): HTMLElement {
  return element('p', { class: 'text' }, `${what}: `, element('bdi', {}, name));
}

function renderPlace(
  { latitude, longitude, name }: Extract<ChatContent, { type: 'location' }>,
  texts: Texts,
): HTMLElement {
  const href = `https://www.google.com/maps?q=${latitude},${longitude}`;
  return element('p', { class: 'text', dir: 'auto' }, element('a', { href, ...elsewhere }, name ?? texts.place));
}

function renderPhone(phone: string): HTMLElement {
  const href = `tel:${phone.replace(/[^+\d]/g, '')}`;
  return element('p', { class: 'text' }, element('a', { href }, element('bdi', { dir: 'ltr' }, phone)));
}

function whenSeen(target: HTMLElement, act: () => void): void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    act();
  });
  observer.observe(target);
}
