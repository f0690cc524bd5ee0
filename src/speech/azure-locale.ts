/** Azure wants a country with each language: the likeliest, as Unicode has it. Undefined for what is no language tag. */
export function azureLocale(language: string): string | undefined {
  try {
    const tag = new Intl.Locale(language.replace(/^no(?=-|$)/i, 'nb'));
    const isCountry = /^[A-Z]{2}$/.test(tag.region ?? '');
    const { language: primary, region } = isCountry ? tag : new Intl.Locale(tag.language).maximize();
    return region === undefined ? undefined : `${primary}-${region}`;
  } catch {
    return undefined;
  }
}
