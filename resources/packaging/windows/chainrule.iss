; The installer for Windows, by Inno Setup 6; windows.py passes Version, Bundle, Name and Target.
; It needs no administrator: without one it installs for this user alone.

[Setup]
AppId={{6E0B7C5D-6C1C-4B53-9E43-2F6F3C1A7B0E}
AppName=Chainrule
AppVersion={#Version}
VersionInfoVersion={#Version}
DefaultDirName={autopf}\Chainrule
DefaultGroupName=Chainrule
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
ChangesAssociations=yes
LicenseFile={#Bundle}\LICENSE.txt
UninstallDisplayIcon={app}\chainrule.exe
OutputDir={#Target}
OutputBaseFilename={#Name}
Compression=lzma2/ultra64
SolidCompression=yes
WizardStyle=modern

[Files]
Source: "{#Bundle}\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[InstallDelete]
; Nothing of an older version may stay beside the new one.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{group}\Chainrule"; Filename: "{app}\chainrule.exe"

[Registry]
Root: HKA; Subkey: "Software\Classes\.chainrule"; ValueType: string; ValueData: "Chainrule.Experiment"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.chainrule"; ValueType: string; ValueName: "Content Type"; ValueData: "application/x-chainrule-experiment+json"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\Chainrule.Experiment"; ValueType: string; ValueData: "Chainrule experiment"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Chainrule.Experiment\DefaultIcon"; ValueType: string; ValueData: "{app}\chainrule.exe,0"
Root: HKA; Subkey: "Software\Classes\Chainrule.Experiment\shell\open\command"; ValueType: string; ValueData: """{app}\chainrule.exe"" ""%1"""

[Run]
Filename: "{app}\chainrule.exe"; Description: "{cm:LaunchProgram,Chainrule}"; Flags: nowait postinstall skipifsilent
