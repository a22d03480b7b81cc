//! Libraries that a program for Windows finds there, whatever its release brings: those of the system from
//! Windows 2000 on (the import libraries of mingw-w64 name them) and those that come with the drivers of
//! graphics cards. And Microsoft's libraries for programming languages, which are no part of it.

/// Names without `.dll`, in small letters, in their order.
const SYSTEM: &str = "\
    acledit aclui activeds admparse admwprox adptif adsiisex adsldpc advapi32 advpack alrsvc amdhip64 \
    apphelp appmgmts aqueue asp aspperf asycfilt atiadlxx atiadlxy aticaldd aticalrt atkctrs atl atlthunk \
    atmlib atrace audioses audiosrv authz autodial autodisc avicap32 avifil32 avrt azroles basesrv batmeter \
    batt bcrypt bcryptprimitives bluetoothapis bootvid browser bthprops cabinet cabview cards catsrv \
    catsrvut cdfview cdm cdp cdpapi certcli cfgbkend cfgmgr32 cimwin32 cintime clb clbcatq clfsw32 cliconfg \
    clusapi cmcfg32 cmdial32 cmpbk32 cmutil cnetcfg coadmin colbact combase comctl32 comdlg32 compstui \
    computecore computenetwork computestorage comres comsetup comsnap comsvcs comuid coremessaging \
    coreuicomponents corpol credui crtdll crypt32 cryptdlg cryptdll cryptext cryptnet cryptsp cryptsvc \
    cryptui cryptxml cscapi cscdll cscui csrsrv cufat d2d1 d3d10 d3d10_1 d3d10core d3d10level9 d3d10warp \
    d3d11 d3d12 d3d12core d3d8thk d3d9 d3dcompiler_47 d3dim d3dxof davclnt dbgeng dbghelp dbnetlib dbnmpntw \
    dciman32 dcomp ddraw ddrawex devenum devmgr devobj devrtl dhcpcsvc dhcpcsvc6 dhcpsapi digest dimsntfy \
    dimsroam dinput dinput8 directml directxdatabasehelper diskcopy dismapi dmconfig dmdskmgr dmime dmivcitf \
    dmloader dmusic dmutil dnsapi dnsrslvr dpapi dplayx dpnaddr dpnet dpnhupnp dpnlobby dpvoice dpwsockx \
    drprov drt drtprov drttransport ds32gt dsauth dsdmo dskquota dsound dsound3d dsprop dsquery dsrole dssec \
    dssenh dsuiext dswave duser dwmapi dwmcore dwrite dxcore dxdiagn dxgi dxva2 eappcfg eapphost eappprxy \
    efsadu efswrt elscore es esent esentprf eventlog evr exprfdll exstrace fastprox faultrep fcachdll \
    fdeploy feclient filemgmt fldrclnr fltlib fmifs fontgroupsoverride fontsub framedyn ftpctrs2 ftpmib \
    fusion fwpuclnt gdi32 gdi32full gdiplus genericui getuname glmf32 globinputhost glu32 gpedit gpkcsp \
    gptext guitrn hal hbaapi hid hidparse hlink hmmapi hnetcfg hnetwiz hostmib hotplug htrn_jis httpapi \
    httpext httpmib httpodbc htui hvsifiletrust hypertrm iashlpr iaspolcy iassam iassvcs icaapi icfgnt icm32 \
    icmp icmui icu icuin icuuc idq ieakeng iedkcs32 iernonce iesetup igmpagnt imagehlp imgutil imm32 inetcfg \
    inetcomm inetmib1 infoadmn infocomm infoctrs infosoft initpki inkobjcore inseng iphlpapi ipmontr \
    ipnathlp iprop iprtprio iprtrmgr ipsecspd ipxsap irclass irprops isapitst isatq iscomlog iscsidsc \
    isignup2 isolatedwindowsenvironmentutils iyuv_32 jet500 jsproxy kd1394 kdcom kerberos kernel32 \
    kernelbase keymgr ksuser ktmw32 linkinfo lmmib2 loadperf localspl loghours logoncli lonsint lpk lprhelp \
    lsasrv lz32 magnification mapi32 mbaeapi mcastmib mcd32 mchgrcoi mciavi32 mcicda mciole32 mciqtz32 \
    mciseq mciwave mdminst mdmregistration mf mf3216 mfc42 mfc42u mfcore mfds mfmp4srcsnk mfplat mfplay \
    mfreadwrite mfsensorgroup mfsrcsnk mgmtapi midimap mlang mll_mtf mll_qic mmdevapi mmfutil mmutilse \
    mobsync modemui mofd mpr mprapi mprddm mprui mqad mqcertui mqdscli mqise mqperf mqrt mqrtdep mqsec \
    mqupgrd mqutil msacm32 msadcs msado15 msafd msasn1 mscat32 mscms mscoree mscorwks msctf msctfmonitor \
    msdadiag msdart msdelta msdmo msdrm msdtclog msdtcprx msdtctm msdtcuiu msftedit msgina msgr3en msgsvc \
    mshtml msi msimg32 msimtf msir3jp msisip msjet40 mslbui msls31 msmqocm msobdl msobmain msoe msoeacct \
    msoert2 mspatcha mspatchc msports msrating msrle32 mssign32 mssip32 mstask mstlsapi msutb msv1_0 \
    msvbvm60 msvcirt msvcp60 msvcp_win msvcrt msvfw32 msvidc32 msvidctl msw3prt mswsock msxml3 msxml4 msxml6 \
    msyuv mtxclu mtxdm mtxex mtxoci mydocs ncobjapi ncrypt ncryptsslp ncxp nddeapi nddenb32 ndfapi ndisnpp \
    netapi32 netcfgx netid netlogon netman netoc netplwiz netrap netshell netui0 netui1 netui2 netutils \
    newdev ninput nntpapi normaliz normidna npptools nshipsec nsi ntasn1 ntdll ntdsapi ntdsbcli ntdtcsetup \
    ntlanman ntlanui ntlsapi ntmarta ntmsapi ntoc ntprint ntshrui ntvdm64 nvapi nvapi64 nvcuda nvcuvid \
    nvencodeapi nvencodeapi64 nvml nvoptix.1 nwprovau oakley occache ocmanage ocmsn ocsbs odbc32 odbc32gt \
    odbcbcp odbcconf odbccp32 odbccr32 odbctrac oeimport ole2 ole2disp ole32 oleacc oleaut32 olecli32 \
    olecnv32 oledb32 oledlg olesvr32 olethk32 onecore onecoreuap opcservices opencl opends60 opengl32 \
    osuninst p2p p2pcollab p2pgraph pathcch pautoenr pcwum pdh peerdist perfctrs perfdisk perfnet perfos \
    perfproc perfts photowiz pidgen policman policymanager polstore powrprof printui prntvpt profmap \
    proppage propsys ps5ui psapi psbase pschdprf pscript5 pstorec pstorsvc qcap qdvd qedit qmgr qosname \
    quartz query qutil qwave rasadhlp rasapi32 rasauto raschap rasctrs rasdlg rasman rasmans rasmontr rasmxs \
    rasppp rasrad rassapi rasser rastapi rastls rdpcfgex rdpsnd rdpwsx regapi regsvc resutils riched20 rnr20 \
    rometadata routemsg routetab rpcdiag rpchttp rpcns4 rpcref rpcrt4 rpcss rsaenh rstrtmgr rtm rtutils \
    rtworkq samcli samlib samsrv sas scarddlg sccbase scecli scesrv schannel schedsvc sclgntfy scredir \
    scrobj scrrun sdhcinst sechost seclogon secur32 security sens sensapi senscfg seo serialui serwvdrv \
    setupapi setupqry sfc sfc_os sfcfiles sfmapi shcore shdocvw shell32 shfolder shimeng shimgvw shlwapi \
    shscrap shsvcs shunimpl sigtab sisbkup skdll slbcsp slc slcext slwga smtpapi smtpctrs snapin snmpapi \
    snmpelea softpub spoolss sppc sppcext sqlsrv32 sqlxmlx srchctls srclient srrstr srvcli srvsvc ssdpapi \
    ssinc sspicli staxmem sti sti_ci streamci strmfilt subauth svcpack sxs sxsstore synceng syncui syssetup \
    t2embed tabbtn tapi32 tapiperf tbs tcpmib tdh tokenbinding traffic tsappcmp tsbyuv tsd32 tsmf tsoc \
    twinapi twinapi.appcore txfw32 ucrtbase ufat uianimation uiautomationcore uiribbon umandlg umdmxfrm \
    umpnpmgr unidrv unidrvui uniime unimdmat uniplat untfs updatepolicy upnp upnpui url urlauth urlmon \
    user32 userdatatypes userenv usp10 utildll uxtheme vaultcli vdsutil verifier version vgx virtdisk vssapi \
    vulkan-1 wab32 wabimp wbemcore wbemprox wbemsvc wbemupgd wcmapi wcnapi wdi wdigest wdsclient \
    wdsclientapi wdscore wdscsl wdsimage wdstptc wdsupgcompl wdsutil webauthn webcheck webclnt webhits webio \
    webservices websocket wecapi wer werdiag wevtapi wevtfwd wevtsvc wiadss wiarpc wiaservc wiashext wimgapi \
    win32u winbio windows.storage windowscodecs windowscodecsext winfax winhttp winhvemulation winhvplatform \
    wininet wininetlui winipsec winmm winnlsres winrnr winscard winsrv winsta wintrust wintypes winusb \
    wkscli wkssvc wlanapi wlanhlp wlanui wlanutil wldap32 wldp wlnotify wlstore wmasf wmi wmi2xml wmiaprpl \
    wmiprop wmisvc wmiutils wmvcore wofutil wow64 wow64cpu wow64mib wow64win wpd_ci wpnapps ws2_32 ws2help \
    wscapi wscsvc wsdapi wshatm wshbth wslapi wsmsvc wsock32 wtsapi32 wuapi wwapi xaudio2_8 xinput1_4 \
    xinput9_1_0 xmllite xolehlp xpsprint xpsservices ze_loader zoneoc";

/// Others of its libraries, with the ends of their names.
const OTHERS: [&str; 6] =
    ["bthprops.cpl", "hhctrl.ocx", "inetcpl.cpl", "msacm32.drv", "wdmaud.drv", "winspool.drv"];

/// The name of the file that the loader looks for, in small letters: one without an extension is that of
/// a DLL (Microsoft, `LoadLibraryW`).
pub fn file_of(library: &[u8]) -> Vec<u8> {
    let mut name = library.to_ascii_lowercase();
    if !name.contains(&b'.') {
        name.extend_from_slice(b".dll");
    }
    name
}

/// What redistributable libraries begin with; the number of the edition of Visual C++ follows.
const REDISTRIBUTABLE: [&str; 8] =
    ["vcruntime", "msvcp", "msvcr", "concrt", "vcomp", "vccorlib", "vcamp", "mfc"];

/// Whether a library is of Windows itself, by its name in small letters.
pub fn is_of_windows(name: &[u8]) -> bool {
    // Names of sets of functions, which the loader itself turns into libraries.
    let is_set = name.starts_with(b"api-ms-") || name.starts_with(b"ext-ms-");
    let is_it = |stem: &[u8]| SYSTEM.split(' ').any(|known| known.as_bytes() == stem);
    let is_other = OTHERS.iter().any(|known| known.as_bytes() == name);
    is_set || is_other || name.strip_suffix(b".dll").is_some_and(is_it)
}

/// The edition of a redistributable library of Visual C++, by its name in small letters: `140` of
/// `msvcp140_1.dll`; none of other libraries, and of copies that were given a name of their own with a
/// digest behind a hyphen, as in Python's wheels.
pub fn redistributable(name: &[u8]) -> Option<&[u8]> {
    let rest = REDISTRIBUTABLE.iter().find_map(|start| name.strip_prefix(start.as_bytes()))?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest.get(..digits).filter(|edition| !edition.is_empty() && !rest.contains(&b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_windows_are_known() {
        for (name, is_it) in [
            ("kernel32.dll", true),
            ("xmllite.dll", true),
            ("api-ms-win-crt-heap-l1-1-0.dll", true),
            ("kernel33.dll", false),
            ("kernel32", false),
            ("winspool.drv", true),
            ("winspool.dll", false),
            (".dll", false),
            ("libgcc_s_seh-1.dll", false),
            ("vcruntime140.dll", false),
        ] {
            assert_eq!(is_of_windows(name.as_bytes()), is_it, "{name}");
        }
        assert!(SYSTEM.split(' ').is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_name_without_an_extension_is_that_of_a_dll() {
        for (name, file) in [
            ("KERNEL32", "kernel32.dll"),
            ("Part.OCX", "part.ocx"),
            ("python3.11", "python3.11"),
            ("_ssl.pyd", "_ssl.pyd"),
            ("plain.", "plain."),
        ] {
            assert_eq!(file_of(name.as_bytes()), file.as_bytes(), "{name}");
        }
    }

    #[test]
    fn a_redistributable_tells_its_edition() {
        for (name, edition) in [
            ("vcruntime140_1.dll", Some("140")),
            ("mfc140u.dll", Some("140")),
            ("msvcr90.dll", Some("90")),
            ("msvcp140-0fa7eb79.dll", None),
            ("msvcrt.dll", None),
            ("zlib1.dll", None),
        ] {
            assert_eq!(redistributable(name.as_bytes()), edition.map(str::as_bytes), "{name}");
        }
    }
}
