const letters = 16;

const plain = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, letters);

/** typedDeviceCode brings what was typed into groups of four, as the code is printed. */
export const typedDeviceCode = (text: string): string => plain(text).match(/.{1,4}/g)?.join("-") ?? "";

export const isDeviceCode = (text: string): boolean => plain(text).length === letters;
