/** Makes an element. Texts go in as text only, so nothing a person wrote is ever read as markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const attribute of Object.keys(attributes)) made.setAttribute(attribute, attributes[attribute] ?? '');
  made.append(...children);
  return made;
}

/** The element of the page with this id. @throws Error when the page lacks it. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} with the id "${id}"`);
}
