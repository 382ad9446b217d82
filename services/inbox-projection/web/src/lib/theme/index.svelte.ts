/** How the page looks: theme and density. The API keeps what the agent chose; this device remembers it for the next start. */

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'normal' | 'compact';

export interface Look {
  theme?: Theme;
  density?: Density;
}

let theme = $state<Theme>(remembered('theme', ['system', 'light', 'dark'], 'system'));
let density = $state<Density>(remembered('density', ['normal', 'compact'], 'normal'));
let told: (choice: Look) => void = () => undefined;
apply();

/** Says who is told what the agent chose, to keep it. */
export function whenChosen(keeper: (choice: Look) => void): () => void {
  told = keeper;
  return () => (told = () => undefined);
}

export const look = {
  get theme(): Theme {
    return theme;
  },
  set theme(chosen: Theme) {
    look.follow({ theme: chosen });
    told({ theme: chosen });
  },
  /** Of lists: rows of 64 px or of 40 px. */
  get density(): Density {
    return density;
  },
  set density(chosen: Density) {
    look.follow({ density: chosen });
    told({ density: chosen });
  },
  /** As it was chosen elsewhere. */
  follow(chosen: Look): void {
    theme = chosen.theme ?? theme;
    density = chosen.density ?? density;
    keep('theme', theme);
    keep('density', density);
    apply();
  },
};

function apply(): void {
  if (typeof document === 'undefined') return;
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function remembered<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
  if (typeof localStorage === 'undefined') return otherwise;
  const found = localStorage.getItem(`postroom.${name}`) as T | null;
  return found !== null && choices.includes(found) ? found : otherwise;
}

function keep(name: string, value: string): void {
  localStorage.setItem(`postroom.${name}`, value);
}
