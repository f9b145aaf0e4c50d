import ar from '../../../locales/ar/chat-page.json';
import en from '../../../locales/en/chat-page.json';

/** Every word of the page in one language. */
export type Texts = Readonly<Record<keyof typeof ar, string>>;
export type Language = 'ar' | 'en';

const texts: Readonly<Record<Language, Texts>> = { ar, en };

export function textsOf(language: Language): Texts {
  return texts[language];
}

export function directionOf(language: Language): 'rtl' | 'ltr' {
  return language === 'ar' ? 'rtl' : 'ltr';
}

export function otherLanguage(language: Language): Language {
  return language === 'ar' ? 'en' : 'ar';
}

/** The language asked for in the address (`/chat?language=en`), else the one chosen before, else Arabic. */
export function chooseLanguage(search: string, chosenBefore: string | null): Language {
  const wanted = new URLSearchParams(search).get('language') ?? chosenBefore;
  return wanted === 'en' ? 'en' : 'ar';
}
